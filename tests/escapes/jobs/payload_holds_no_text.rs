// What is in a queue is in its backups too: a payload holds ids, and no text that could be a secret.
cotenant_domain::payload! {
    /// A password on its way into every backup.
    pub struct PasswordToSend {
        /// The password.
        password: String,
    }
}

fn main() {}
