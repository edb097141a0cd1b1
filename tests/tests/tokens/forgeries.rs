//! Every kind of forgery of a token that was issued, as the bytes that a request would carry.

use cotenant_tests::server::{SIGNING_KEY, SIGNING_KEY_ID};
use serde_json::{Value, json};

use cotenant_tests::sign::{decode, encode, hmac, signed, with_other_unused_bits};

/// What is forged, and the token.
pub(crate) type Forgery = (String, Vec<u8>);

/// A token that was issued, taken apart.
pub(crate) struct Issued {
    pub(crate) token: String,
    header: String,
    claims: Value,
    signature: String,
}

const KEY: &[u8] = SIGNING_KEY.as_bytes();
const HEADER: &str = r#"{"typ":"at+jwt","alg":"HS256","kid":"e15b83582d2b2419"}"#;
const NIL: &str = "00000000-0000-0000-0000-000000000000";
/// What a forger might take for the key: a public key that everybody can read, for one.
const OTHER_KEYS: [&str; 9] = [
    "",
    "secret",
    "cotenant",
    "null",
    "SIGNING-KEY-FOR-THE-TESTS-7D1E93B0A54C26F8",
    "signing-key-for-the-tests-7d1e93b0a54c26f8\n",
    "signing-key-for-the-tests-7d1e93b0a54c26f",
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
     -----END PUBLIC KEY-----\n",
];

/// A header that names the key, so that nothing but the forgery is wrong with it.
fn named(header: &str) -> String {
    header.replacen("{\"", &format!("{{\"kid\":\"{SIGNING_KEY_ID}\",\""), 1)
}

impl Issued {
    pub(crate) fn new(token: &str) -> Self {
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
        Self {
            token: token.to_owned(),
            header: String::from_utf8(decode(header)).unwrap(),
            claims: serde_json::from_slice(&decode(claims)).unwrap(),
            signature: signature.to_owned(),
        }
    }

    fn claims_text(&self) -> String {
        self.token.split('.').nth(1).unwrap().to_owned()
    }

    fn raw_claims(&self) -> Vec<u8> {
        decode(&self.claims_text())
    }

    /// The claims with changes: `null` leaves one out.
    fn with(&self, changes: &Value) -> Vec<u8> {
        let mut claims = self.claims.clone();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims.to_string().into_bytes()
    }

    /// The token written anew by whoever has the key: nothing but the forgery is wrong with what is made this way.
    pub(crate) fn rewritten(&self) -> String {
        assert_eq!(self.header.matches("HS256").count(), 1, "{}", self.header);
        assert_eq!(self.header.matches(SIGNING_KEY_ID).count(), 1, "{}", self.header);
        signed(HEADER.as_bytes(), &self.with(&json!({})), KEY)
    }

    /// All forgeries of it; `other` was issued to somebody else for another audience.
    pub(crate) fn forgeries(&self, other: &Self) -> Vec<Forgery> {
        let mut all = Vec::new();
        let mut add = |kind: String, token: Vec<u8>| all.push((kind, token));
        for (kind, token) in self.algorithms().into_iter().chain(self.keys()).chain(self.headers()) {
            add(kind, token.into_bytes());
        }
        for (kind, claims) in self.claims() {
            add(kind, signed(HEADER.as_bytes(), &claims, KEY).into_bytes());
        }
        for (kind, token) in self.parts(other).into_iter().chain(self.signatures(other)) {
            add(kind, token.into_bytes());
        }
        for (kind, token) in self.encodings() {
            add(kind, token);
        }
        all
    }

    /// Another algorithm than the one there is, with every signature at hand.
    fn algorithms(&self) -> Vec<(String, String)> {
        let claims = self.raw_claims();
        let mut all = Vec::new();
        let names = [
            "none",
            "None",
            "NONE",
            "nOnE",
            "none ",
            "",
            "hs256",
            "Hs256",
            "HS256 ",
            "HS256\\u0000",
            "HMAC",
            "HS1",
            "HS384",
            "HS512",
            "RS256",
            "RS384",
            "RS512",
            "PS256",
            "ES256",
            "ES256K",
            "ES384",
            "ES512",
            "EdDSA",
            "Ed25519",
            "dir",
            "A128KW",
            "../../HS256",
        ];
        let algorithms = names.map(|name| format!("\"alg\":\"{name}\",")).into_iter();
        let odd = [
            "\"alg\":null,",
            "\"alg\":0,",
            "\"alg\":[\"HS256\"],",
            "\"alg\":{},",
            "\"alg\":true,",
            "",
            "\"ALG\":\"HS256\",",
        ];
        for algorithm in algorithms.chain(odd.map(str::to_owned)) {
            let header = named(&format!("{{{algorithm}\"typ\":\"at+jwt\"}}"));
            let right = signed(header.as_bytes(), &claims, KEY);
            let (input, _) = right.rsplit_once('.').unwrap();
            let kind = |what: &str| format!("{header} with {what}");
            all.push((kind("no signature"), format!("{input}.")));
            all.push((kind("the issued signature"), format!("{input}.{}", self.signature)));
            all.push((kind("64 bytes for a signature"), format!("{input}.{}", encode([7; 64]))));
            all.push((kind("a signature by the key"), right.clone()));
            all.push((
                kind("a signature by a public key"),
                signed(header.as_bytes(), &claims, OTHER_KEYS[8].as_bytes()),
            ));
        }
        all
    }

    fn keys(&self) -> Vec<(String, String)> {
        let sign = |key: &[u8]| signed(HEADER.as_bytes(), &self.raw_claims(), key);
        let mut all: Vec<_> = OTHER_KEYS.iter().map(|key| (format!("the key {key:?}"), sign(key.as_bytes()))).collect();
        all.push(("the key in Base64".to_owned(), sign(encode(KEY).as_bytes())));
        all.push(("the key's own hash".to_owned(), sign(&hmac(KEY, KEY))));
        all.push(("a key as long as a block".to_owned(), sign(&[0x41; 64])));
        all
    }

    /// Headers that would have the verifier look for a key elsewhere, or read the token in another way. The key of who
    /// wrote them fits what they point at.
    fn headers(&self) -> Vec<(String, String)> {
        let claims = self.raw_claims();
        let mut all = Vec::new();
        let kids = [
            "../../../../dev/null",
            "/dev/null",
            "file:///dev/null",
            "https://evil.example/key",
            "' UNION SELECT '' --",
            "1; DROP TABLE sessions",
            "$(id)",
            "|id",
            "%00",
            "..\\\\..\\\\nul",
            "0",
        ];
        for kid in kids {
            let header = format!("{{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"{kid}\"}}");
            all.push((format!("{header} with the empty key"), signed(header.as_bytes(), &claims, b"")));
        }
        let long = "a".repeat(10_000);
        let odd = [
            "".to_owned(),
            "\"kid\":null".to_owned(),
            "\"kid\":\"\"".to_owned(),
            "\"kid\":\"another\"".to_owned(),
            format!("\"kid\":\"{long}\""),
            format!("\"kid\":\"{}\"", SIGNING_KEY_ID.to_uppercase()),
            format!("\"kid\":\" {SIGNING_KEY_ID}\""),
            format!("\"kid\":\"{SIGNING_KEY_ID}\\u0000\""),
            format!("\"kid\":\"{}\"", &SIGNING_KEY_ID[1..]),
            format!("\"kid\":[\"{SIGNING_KEY_ID}\"]"),
            format!("\"kid\":{{\"{SIGNING_KEY_ID}\":true}}"),
            format!("\"KID\":\"{SIGNING_KEY_ID}\""),
            format!("\"kid\":\"{SIGNING_KEY_ID}\",\"kid\":\"{SIGNING_KEY_ID}\""),
            format!("\"kid\":\"another\",\"kid\":\"{SIGNING_KEY_ID}\""),
        ];
        for kid in odd.iter().map(String::as_str).chain(["\"kid\":0", "\"kid\":true"]) {
            let comma = if kid.is_empty() { "" } else { "," };
            let header = format!("{{\"alg\":\"HS256\",\"typ\":\"at+jwt\"{comma}{kid}}}");
            all.push((format!("{header} by the key"), signed(header.as_bytes(), &claims, KEY)));
        }
        let jwk = format!("{{\"kty\":\"oct\",\"k\":\"{}\",\"alg\":\"HS256\"}}", encode("evil"));
        let pointers = [
            "\"jku\":\"https://evil.example/keys\"".to_owned(),
            "\"x5u\":\"https://evil.example/chain\"".to_owned(),
            "\"x5c\":[\"ZXZpbA==\"]".to_owned(),
            format!("\"jwk\":{jwk}"),
            "\"crit\":[\"exp\"],\"exp\":0".to_owned(),
            "\"b64\":false,\"crit\":[\"b64\"]".to_owned(),
            "\"zip\":\"DEF\"".to_owned(),
            "\"enc\":\"none\"".to_owned(),
            "\"cty\":\"JWT\"".to_owned(),
        ];
        for pointer in pointers {
            let header = named(&format!("{{\"alg\":\"HS256\",\"typ\":\"at+jwt\",{pointer}}}"));
            all.push((format!("{header} with another key"), signed(header.as_bytes(), &claims, b"evil")));
        }
        // Unencoded claims (RFC 7797), signed by the key as they stand.
        let header = encode(named(r#"{"alg":"HS256","typ":"at+jwt","b64":false,"crit":["b64"]}"#));
        let input = format!("{header}.{}", String::from_utf8(claims.clone()).unwrap());
        all.push(("unencoded claims".to_owned(), format!("{input}.{}", encode(hmac(KEY, input.as_bytes())))));
        // By the key itself, and not an access token.
        let wrong = [
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"alg":"HS256","typ":"AT+JWT"}"#,
            r#"{"alg":"HS256","typ":"application/at+jwt"}"#,
            r#"{"alg":"HS256","typ":""}"#,
            r#"{"alg":"HS256","typ":null}"#,
            r#"{"alg":"HS256","typ":["at+jwt"]}"#,
            r#"{"alg":"HS256","typ":"at+jwt "}"#,
            r#"{"alg":"HS256","typ":"logout+jwt"}"#,
            r#"{"alg":"HS256","alg":"HS256","typ":"at+jwt"}"#,
            r#"{"alg":"none","alg":"HS256","typ":"at+jwt"}"#,
            r#"{"alg":"HS256","typ":"JWT","typ":"at+jwt"}"#,
            r#"["HS256","at+jwt"]"#,
            "\"HS256\"",
            "null",
            "",
            "{",
            "{}",
            r#"{"alg":"HS256","typ":"at+jwt"}}"#,
            "\u{feff}{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
        ];
        let by_the_key = |header: String| signed(header.as_bytes(), &claims, KEY);
        all.extend(wrong.iter().map(|header| (format!("the header {header:?} by the key"), by_the_key(named(header)))));
        all
    }

    /// Claims that the key signed and that nobody would issue.
    fn claims(&self) -> Vec<(String, Vec<u8>)> {
        let exp = self.claims["exp"].as_i64().unwrap();
        let iat = self.claims["iat"].as_i64().unwrap();
        let platform = self.claims["aud"] == "cotenant-platform";
        let mut changes = vec![
            json!({ "exp": exp.to_string() }),
            json!({ "exp": exp as f64 + 0.5 }),
            json!({ "exp": exp as f64 }),
            json!({ "exp": -1 }),
            json!({ "exp": 0 }),
            json!({ "exp": i64::MAX }),
            json!({ "exp": u64::MAX }),
            json!({ "exp": 253_402_300_800_i64 }),
            json!({ "exp": true }),
            json!({ "exp": [exp] }),
            json!({ "exp": { "a": 1 } }),
            json!({ "exp": iat - 1 }),
            json!({ "exp": iat - 86_400, "iat": iat - 90_000 }),
            json!({ "iat": iat + 86_400 }),
            json!({ "iat": i64::MIN }),
            json!({ "iat": i64::MAX }),
            json!({ "iat": "0" }),
            json!({ "iat": 0.5 }),
            json!({ "nbf": iat + 86_400 }),
            json!({ "nbf": 0 }),
            json!({ "aud": ["cotenant", "cotenant-platform"] }),
            json!({ "aud": [self.claims["aud"]] }),
            json!({ "aud": "" }),
            json!({ "aud": "cotenant " }),
            json!({ "aud": "COTENANT" }),
            json!({ "aud": "another" }),
            json!({ "aud": [] }),
            json!({ "aud": { "cotenant": true } }),
            json!({ "iss": "somebody-else" }),
            json!({ "iss": "" }),
            json!({ "iss": ["cotenant"] }),
            json!({ "iss": "Cotenant" }),
            json!({ "iss": 1 }),
            json!({ "user_id": NIL }),
            json!({ "sid": NIL }),
            json!({ "user_id": 7 }),
            json!({ "user_id": "' OR 1=1 --" }),
            json!({ "sid": "" }),
            json!({ "sid": [self.claims["sid"]] }),
            json!({ "jti": "x" }),
            json!({ "jti": 1 }),
            json!({ "role": "owner" }),
            json!({ "permissions": ["*"] }),
            json!({ "admin": true }),
            json!({ "sub": "owner" }),
            json!({ "scope": "platform" }),
            json!({ "stores": [] }),
            json!({ "": 1 }),
            json!({ "__proto__": { "a": 1 } }),
        ];
        changes.extend(["iss", "aud", "jti", "sid", "user_id", "iat", "exp"].map(|name| json!({ name: null })));
        changes.extend(match platform {
            true => vec![
                json!({ "aud": "cotenant" }),
                json!({ "tenant_id": self.claims["sid"] }),
                json!({ "mep": 1 }),
                json!({ "tep": 1 }),
                json!({ "mep": 1, "tep": 1, "tenant_id": self.claims["sid"] }),
                json!({ "uep": null }),
                json!({ "uep": "1" }),
                json!({ "uep": 1.5 }),
                json!({ "uep": [1] }),
            ],
            false => vec![
                json!({ "aud": "cotenant-platform" }),
                json!({ "uep": 1 }),
                json!({ "tenant_id": NIL }),
                json!({ "aud": "cotenant-platform", "uep": 1 }),
                json!({ "tenant_id": null }),
                json!({ "mep": null }),
                json!({ "tep": null }),
                json!({ "tenant_id": [self.claims["tenant_id"]] }),
                json!({ "mep": "1" }),
                json!({ "tep": 1.5 }),
                json!({ "tenant_id": "*" }),
                json!({ "tenant_id": 1 }),
            ],
        });
        let mut all: Vec<_> =
            changes.iter().map(|change| (format!("{change} by the key"), self.with(change))).collect();
        let whole = String::from_utf8(self.raw_claims()).unwrap();
        let inner = whole.strip_prefix('{').unwrap();
        let deep = format!("{{\"a\":{}{},{inner}", "[".repeat(20_000), "]".repeat(20_000));
        let odd: [(&str, Vec<u8>); 16] = [
            ("a claim twice", format!("{{\"aud\":\"{}\",{inner}", self.claims["aud"].as_str().unwrap()).into_bytes()),
            ("exp twice", format!("{{\"exp\":{exp},{inner}").into_bytes()),
            ("a nameless claim twice", format!("{{\"x\":1,\"x\":2,{inner}").into_bytes()),
            ("claims nested in claims", format!("{{\"claims\":{whole}}}").into_bytes()),
            ("claims in a list", format!("[{whole}]").into_bytes()),
            ("claims in a text", json!(whole).to_string().into_bytes()),
            ("a token for claims", self.token.clone().into_bytes()),
            ("deep claims", deep.into_bytes()),
            ("claims and more", format!("{whole}{whole}").into_bytes()),
            ("claims cut short", whole.as_bytes()[..whole.len() - 1].to_vec()),
            ("a mark before the claims", format!("\u{feff}{whole}").into_bytes()),
            ("claims that are no UTF-8", [b"{\"\xff\":1,", inner.as_bytes()].concat()),
            ("claims in UTF-16", whole.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            ("no claims", Vec::new()),
            ("empty claims", b"{}".to_vec()),
            ("null for claims", b"null".to_vec()),
        ];
        all.extend(odd.into_iter().map(|(kind, claims)| (format!("{kind}, by the key"), claims)));
        all
    }

    /// Parts left out, doubled, added and exchanged.
    fn parts(&self, other: &Self) -> Vec<(String, String)> {
        let [header, claims, signature] = self.token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
        let theirs = other.claims_text();
        let texts = [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            header.to_owned(),
            format!("{header}.{claims}"),
            format!("{header}..{signature}"),
            format!(".{claims}.{signature}"),
            format!("{header}.{claims}.{signature}."),
            format!(".{}", self.token),
            format!("{}.{signature}", self.token),
            format!("{header}.{}", self.token),
            format!("{header}.{claims}.{claims}.{signature}"),
            format!("{header}.{claims}.{signature}.{header}.{claims}"),
            format!("{claims}.{header}.{signature}"),
            format!("{signature}.{claims}.{header}"),
            format!("{header}.{theirs}.{signature}"),
            format!("{header}.{theirs}.{}", other.signature.replace('-', "_")),
            format!("{header},{claims},{signature}"),
            format!("{header}.{claims}:{signature}"),
            format!("{0}{0}", self.token),
            format!("{0},{0}", self.token),
            format!("{0} {0}", self.token),
            format!("Bearer {}", self.token),
            json!({ "protected": header, "payload": claims, "signature": signature }).to_string(),
            json!({ "payload": claims, "signatures": [{ "protected": header, "signature": signature }] }).to_string(),
        ];
        let mut all: Vec<_> = texts.into_iter().enumerate().map(|(n, text)| (format!("parts {n}"), text)).collect();
        // The signature of the other is right for its own claims only; its token as a whole is another matter.
        all.retain(|(_, token)| *token != other.token);
        all
    }

    fn signatures(&self, other: &Self) -> Vec<(String, String)> {
        let (input, signature) = self.token.rsplit_once('.').unwrap();
        let mut bytes = decode(signature);
        bytes.reverse();
        let texts = [
            String::new(),
            signature[..42].to_owned(),
            signature[..22].to_owned(),
            signature[1..].to_owned(),
            format!("{signature}A"),
            format!("{signature}AAAA"),
            format!("A{signature}"),
            format!("{signature}{signature}"),
            other.signature.clone(),
            encode([0; 32]),
            encode([0xff; 32]),
            encode(&bytes),
            encode(&bytes[..31]),
            signature.to_ascii_uppercase(),
            signature.to_ascii_lowercase(),
            encode(signature),
            "null".to_owned(),
        ];
        let mut all: Vec<_> = texts
            .into_iter()
            .enumerate()
            .map(|(n, text)| (format!("signature {n}"), format!("{input}.{text}")))
            .collect();
        for text in with_other_unused_bits(signature) {
            all.push((format!("unused bits: {text}"), format!("{input}.{text}")));
        }
        all
    }

    /// The right token in the wrong letters.
    fn encodings(&self) -> Vec<(String, Vec<u8>)> {
        let [header, claims, signature] = self.token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
        let padded = |text: &str| format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
        let mut all: Vec<(String, Vec<u8>)> = Vec::new();
        let mut add = |kind: &str, token: String| all.push((kind.to_owned(), token.into_bytes()));
        add("padding", format!("{}.{}.{}", padded(header), padded(claims), padded(signature)));
        add("padding of the signature", format!("{header}.{claims}.{}", padded(signature)));
        for (kind, filler) in [("a space", " "), ("a tab", "\t"), ("a dash", "--"), ("an equals sign", "=")] {
            add(
                &format!("{kind} in the signature"),
                format!("{header}.{claims}.{}{filler}{}", &signature[..9], &signature[9..]),
            );
            add(
                &format!("{kind} in the claims"),
                format!("{header}.{}{filler}{}.{signature}", &claims[..9], &claims[9..]),
            );
            add(&format!("{kind} before a dot"), format!("{header}{filler}.{claims}.{signature}"));
        }
        for (n, text) in with_other_unused_bits(header).into_iter().chain(with_other_unused_bits(claims)).enumerate() {
            let of_header = text.len() == header.len() && text[..text.len() - 1] == header[..header.len() - 1];
            let token =
                if of_header { format!("{text}.{claims}.{signature}") } else { format!("{header}.{text}.{signature}") };
            add(&format!("unused bits {n}"), token);
        }
        // Letters of the other alphabet, in a signature that has both.
        let mut claims = self.claims.clone();
        let both = (0..).find_map(|n| {
            claims["jti"] = json!(format!("00000000-0000-7000-8000-{n:012x}"));
            let token = signed(HEADER.as_bytes(), claims.to_string().as_bytes(), KEY);
            let signature = token.rsplit_once('.')?.1;
            (signature.contains('-') && signature.contains('_')).then_some(token)
        });
        let (input, signature) = both.as_ref().and_then(|token| token.rsplit_once('.')).unwrap();
        add("the standard alphabet", format!("{input}.{}", signature.replace('-', "+").replace('_', "/")));
        add("half the standard alphabet", format!("{input}.{}", signature.replace('-', "+")));
        add("an escaped letter", format!("%{:02X}{}", self.token.as_bytes()[0], &self.token[1..]));
        for length in [5_000, 30_000] {
            add(&format!("{length} letters"), "A".repeat(length));
            add(&format!("a signature of {length} letters"), format!("{}{}", self.token, "A".repeat(length)));
            let long = self.with(&json!({ "x": "x".repeat(length) }));
            add(&format!("{length} letters in the claims, by the key"), signed(HEADER.as_bytes(), &long, KEY));
        }
        for odd in [b"\xff".as_slice(), b"\xc3\x28", b"\xed\xa0\x80", "é".as_bytes(), "\u{202e}".as_bytes()] {
            all.push((format!("{odd:?} before it"), [odd, self.token.as_bytes()].concat()));
            all.push((
                format!("{odd:?} in it"),
                [&self.token.as_bytes()[..9], odd, &self.token.as_bytes()[9..]].concat(),
            ));
        }
        all
    }
}
