//! What the README says, held against the product: its session is run on both databases, and the links, commands,
//! settings, targets and addresses that it names are looked up.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cotenant_tests::{FreshDatabase, Kind, Program};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Where the README's server listens; the tests' listens elsewhere.
const BASE: &str = "http://127.0.0.1:8080";
/// What stands in the README for what differs each time.
const ANYTHING: &str = "...";
/// How the README shows what a command prints.
const PRINTS: &str = "# -> ";
/// Ends the output of a step.
const MARK: char = '\u{1e}';
/// Far more than the session needs.
const PATIENCE: Duration = Duration::from_secs(120);

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_cotenant-program"))
}

// ------------------------------------------------------------------------------------------------------- the session

#[test]
fn the_session_runs_on_sqlite() {
    run_session(&program());
}

#[actix_web::test]
async fn the_session_runs_on_postgresql_as_the_owner_that_the_readme_makes() {
    let Some(database) = FreshDatabase::empty(Kind::Postgres).await else { return };
    let readme = read("README.md");
    let name = format!("{}_owner", database.url.rsplit_once('/').unwrap().1);
    let mut superuser = PgConnection::connect(&database.url).await.unwrap();
    execute(&mut superuser, &named(&marked(&readme, "<!-- owner -->"), &name)).await;
    if superuser.server_version_num().unwrap() >= 160_000 {
        // Other tests' databases are in this cluster too, and whoever was first made the roles.
        for door in ["tenant", "person", "platform", "dispatcher"] {
            let create = format!(
                "DO $$ BEGIN CREATE ROLE cotenant_{door} NOLOGIN NOINHERIT; \
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            );
            superuser.execute(AssertSqlSafe(create)).await.unwrap();
        }
        execute(&mut superuser, &named(&marked(&readme, "<!-- second owner -->"), &name)).await;
    }
    let program = program().with("COTENANT__DATABASE__URL", &address(&readme, &name, &database.url));
    let session = tokio::task::spawn_blocking(move || run_session(&program)).await;
    execute(&mut superuser, &format!("DROP DATABASE {name} WITH (FORCE); DROP ROLE {name}")).await;
    superuser.close().await.unwrap();
    session.unwrap();
}

/// The README's URL of the database, with another name and at another server.
fn address(readme: &str, name: &str, server: &str) -> String {
    let start = readme.find("COTENANT__DATABASE__URL=postgres://").unwrap();
    let url = readme[start..].split_whitespace().next().unwrap().split_once('=').unwrap().1;
    let server: PgConnectOptions = server.parse().unwrap();
    let place = format!("@{}:{}/", server.get_host(), server.get_port());
    let url = named(url, name);
    assert!(url.contains("@127.0.0.1/"), "{url}");
    url.replace("@127.0.0.1/", &place)
}

/// The text with another name for the role and the database `cotenant`.
fn named(text: &str, name: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut renamed = String::new();
    for piece in text.split_inclusive(|c| !is_word(c)) {
        let word = piece.trim_end_matches(|c| !is_word(c));
        renamed.push_str(if word == "cotenant" { name } else { word });
        renamed.push_str(&piece[word.len()..]);
    }
    renamed
}

async fn execute(connection: &mut PgConnection, statements: &str) {
    for statement in statements.split(';').filter(|statement| !statement.trim().is_empty()) {
        let done = connection.execute(AssertSqlSafe(statement)).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

fn run_session(program: &Program) {
    let readme = read("README.md");
    let steps = steps(&readme);
    assert!(steps.len() > 15, "the session is between its two marks: {steps:?}");
    let server = program.serve();
    let script: String = steps.iter().map(|step| format!("{}printf '\\n{MARK}'\n", step.commands)).collect();
    let printed = run_shell(program.home(), &script.replace(BASE, &server.base));
    let printed: Vec<&str> = printed.split_terminator(MARK).collect();
    assert_eq!(printed.len(), steps.len(), "{printed:?}");
    for (step, printed) in steps.iter().zip(printed) {
        let printed: Vec<&str> = printed.lines().filter(|line| !line.is_empty()).collect();
        let fits = printed.len() == step.prints.len()
            && step.prints.iter().zip(&printed).all(|(pattern, line)| matches(pattern, line));
        assert!(
            fits,
            "README.md, line {}:\n{}\nsays {:#?}\nprinted {printed:#?}",
            step.line, step.commands, step.prints
        );
    }
    let base = server.base.clone();
    server.terminate();
    let ended = server.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    the_readme_shows_the_banner(&readme, &ended.out.replace(&base, BASE));
}

fn the_readme_shows_the_banner(readme: &str, banner: &str) {
    let shown = marked(readme, "<!-- banner -->");
    let fits = shown.lines().count() == banner.trim_end().lines().count()
        && shown.lines().zip(banner.lines()).all(|(pattern, line)| matches(pattern, line));
    assert!(fits, "README.md shows\n{shown}\nprinted was\n{banner}");
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let command = banner.lines().find(|line| line.starts_with("curl ")).unwrap();
    assert!(squeeze(readme).contains(&squeeze(command)), "the session does not begin with\n{command}");
}

/// Commands of the session, and what they print.
#[derive(Debug, Default)]
struct Step {
    line: usize,
    commands: String,
    prints: Vec<String>,
}

fn steps(readme: &str) -> Vec<Step> {
    let (mut steps, mut step, mut inside, mut in_code) = (Vec::new(), Step::default(), false, false);
    for (line, number) in readme.lines().zip(1..) {
        match line {
            "<!-- story: begin -->" => inside = true,
            "<!-- story: end -->" => inside = false,
            "```sh" if inside => in_code = true,
            "```" if in_code => {
                in_code = false;
                steps.push(std::mem::take(&mut step));
            }
            _ if !in_code => {}
            _ => match line.strip_prefix(PRINTS) {
                Some(text) => step.prints.push(text.to_owned()),
                None => {
                    if !step.prints.is_empty() {
                        steps.push(std::mem::take(&mut step));
                    }
                    if step.commands.is_empty() {
                        step.line = number;
                    }
                    step.commands.push_str(&format!("{line}\n"));
                }
            },
        }
    }
    steps
}

/// Runs a script with bash in a directory; what it printed. It must neither complain nor hang.
fn run_shell(home: &Path, script: &str) -> String {
    let [script_file, out, err] = ["session.sh", "session.out", "session.err"].map(|name| home.join(name));
    fs::write(&script_file, script).unwrap();
    let mut shell = Command::new("bash")
        .arg("-u")
        .arg(&script_file)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .process_group(0)
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = shell.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > deadline {
            // The whole group: whatever the shell waits for would go on otherwise.
            Command::new("kill").args(["-KILL", "--", &format!("-{}", shell.id())]).status().unwrap();
            shell.wait().unwrap();
            break None;
        }
        thread::sleep(Duration::from_millis(10));
    };
    let (out, err) = (fs::read_to_string(out).unwrap(), fs::read_to_string(err).unwrap());
    assert!(status.is_some_and(|status| status.success()) && err.is_empty(), "{status:?}\n{err}\n{out}");
    out
}

/// Whether the line is the pattern, in which `...` stands for anything.
fn matches(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once(ANYTHING) else { return pattern == line };
    let Some(mut line) = line.strip_prefix(start) else { return false };
    let mut pieces: Vec<&str> = rest.split(ANYTHING).collect();
    let end = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(at) = line.find(piece) else { return false };
        line = &line[at + piece.len()..];
    }
    line.ends_with(end)
}

#[test]
fn a_pattern_fits_what_it_shows_and_nothing_else() {
    assert!(matches("201", "201") && matches("{...}", "{\"a\":1}") && matches("a...b...c", "a1b2c"));
    assert!(!matches("201", "2010") && !matches("a...b...c", "a1c2b") && !matches("{...}", "{\"a\":1"));
}

// --------------------------------------------------------------------------------------------------------- the facts

#[test]
fn links_and_paths_lead_to_something() {
    let mut looked_up = 0;
    for (file, text) in documents() {
        let folder = root().join(&file).parent().unwrap().to_owned();
        let anchors: BTreeSet<_> = text.lines().filter(|line| line.starts_with('#')).map(slug).collect();
        let links = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        for link in links.filter(|link| !link.starts_with("https://")) {
            let found =
                link.strip_prefix('#').map_or_else(|| folder.join(link).exists(), |slug| anchors.contains(slug));
            assert!(found, "{file}: {link} leads nowhere");
            looked_up += 1;
        }
        let tops = ["crates/", "tests/", "migration/", "config/", "docs/", ".ci/"];
        for code in code(&text).iter().filter(|code| tops.iter().any(|top| code.starts_with(top))) {
            let path = code.split_whitespace().next().unwrap();
            assert!(root().join(path).exists(), "{file}: there is no {path}");
            looked_up += 1;
        }
    }
    assert!(looked_up > 40, "{looked_up}");
}

#[test]
fn commands_are_commands_of_the_program() {
    let mut asked = BTreeSet::new();
    for (file, text) in documents() {
        for code in code(&text) {
            let command = code.split_once("--bin cotenant -- ").map(|(_, words)| words);
            let Some(command) = command.or_else(|| code.strip_prefix("cotenant ")) else { continue };
            let is_placeholder = |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase());
            let words: Vec<&str> = command.split_whitespace().take_while(|word| !is_placeholder(word)).collect();
            if asked.insert(words.join(" ")) {
                let ended = program().run(&[words.as_slice(), &["--help"]].concat());
                assert_eq!(ended.code, Some(0), "{file}: {code}: {}", ended.err);
            }
        }
    }
    assert!(asked.len() >= 10, "{asked:?}");
}

/// Where pages of the documentation are written anew.
const BLESSES: &str = "tests/tests/attacks.rs";

#[test]
fn settings_targets_and_addresses_exist() {
    let known =
        [".env.example", "config/default.toml", "tests/with-postgres", "tests/bench/run", "tests/prove", BLESSES]
            .map(read)
            .concat();
    let makefile = read("Makefile");
    let routes: BTreeSet<_> = cotenant_api::routes().into_iter().map(|route| route.path).collect();
    let (mut settings, mut targets) = (BTreeSet::new(), BTreeSet::new());
    for (file, text) in documents() {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words.filter(|word| word.starts_with("COTENANT_") || word.starts_with("BENCH_")) {
            let mut known = known.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            assert!(known.any(|name| name == word), "{file}: nothing reads {word}");
            settings.insert(word.to_owned());
        }
        for code in code(&text) {
            let words: Vec<&str> = code.split_whitespace().collect();
            if let Some(at) = words.iter().position(|word| *word == "make")
                && words[..at].iter().all(|word| word.contains('='))
                && let Some(target) = words.get(at + 1)
            {
                let rule = format!("{target}:");
                assert!(makefile.lines().any(|line| line.starts_with(&rule)), "{file}: no target {target}");
                targets.insert((*target).to_owned());
            }
            if code.starts_with('/') {
                assert!(routes.contains(code.as_str()), "{file}: no route {code}");
            }
        }
    }
    assert!(settings.len() >= 8 && targets.len() >= 7, "{settings:?} {targets:?}");
}

// --------------------------------------------------------------------------------------------------------- the texts

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: impl AsRef<Path>) -> String {
    let path = root().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The README and what is under `docs/`, by their paths.
fn documents() -> Vec<(String, String)> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let docs = docs.map(|name| format!("docs/{}", name.to_string_lossy())).filter(|name| name.ends_with(".md"));
    docs.chain(["README.md".to_owned()]).map(|file| (file.clone(), read(&file))).collect()
}

/// The fenced block behind a mark.
fn marked(text: &str, mark: &str) -> String {
    let (_, rest) = text.split_once(mark).unwrap_or_else(|| panic!("there is no {mark}"));
    let lines = rest.lines().skip_while(|line| !line.starts_with("```")).skip(1);
    lines.take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect()
}

/// Everything that is set as code: spans in the text, and the lines of fenced blocks.
fn code(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            found.push(line.to_owned());
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// The anchor of a heading.
fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
