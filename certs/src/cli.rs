//! The command line: what is asked, what is done, and how it ended.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use nihao_certs::{
    Authorities, CA_FILE, FileError, HostName, IssueError, Issued, Opened, PublicKey, RequestError, Revoked,
    SigningRequest, StoreError, Validity, random_serial, show, this_host, trust,
};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{OsRandom, SigningKey};
use nihao_protocol::net::system::system_clock;
use nihao_protocol::x509::{Certificate, PemBlock, PemKind, encode_pem};

/// Makes, issues and shows the certificates of a nihao server.
///
/// nihaod does all of this by itself: this tool is for looking at what it made, and for certificates beside it.
#[derive(Parser)]
#[command(name = "nihao-certs", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:\n  \
    0  done\n  \
    1  a file could not be read or written\n  \
    2  the command line is wrong\n  \
    3  the authorities are absent, damaged or incomplete\n  \
    4  the request, name or file that was given is refused";

/// How the program ends; part of its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    System = 1,
    Store = 3,
    Refused = 4,
}

#[derive(Subcommand)]
enum Command {
    /// Make the three authorities of a server in DIR, or permit more names to those that are there
    Init {
        /// The data directory of the server; ca.pem and the directory ca are made in it
        dir: PathBuf,
        /// A name or address of the server, besides localhost, 127.0.0.1, ::1 and this machine's name; may be repeated
        #[arg(long = "name", value_name = "HOST")]
        names: Vec<HostName>,
    },
    /// Issue a certificate, a signing request or a revocation list; no file is ever overwritten
    #[command(subcommand)]
    Issue(Issue),
    /// Tell in words what is in certificates, signing requests, revocation lists and keys (never private bits)
    Show {
        /// PEM or DER files; - is standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Tell how to make browsers, systems and tools trust the server's roots
    Trust {
        /// The data directory of the server
        dir: PathBuf,
    },
}

#[derive(Subcommand)]
enum Issue {
    /// A server's certificate and new key: OUT.pem and OUT.key
    Server {
        #[command(flatten)]
        from: From,
        /// A name or address besides the default ones; may be repeated
        #[arg(long = "name", value_name = "HOST")]
        names: Vec<HostName>,
        /// The kind of key, and of the root that signs
        #[arg(long, value_enum, default_value_t = Algorithm::P256)]
        key: Algorithm,
        /// How long it holds
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=90))]
        days: u64,
    },
    /// A user's certificate: OUT.pem, and OUT.key unless a request is given
    ///
    /// A running server also demands that the user has joined, so this alone opens no door.
    User {
        #[command(flatten)]
        from: From,
        /// The user's name
        #[arg(long = "as", value_name = "NAME")]
        name: String,
        /// A signing request (PEM); only its public key is taken
        #[arg(long, value_name = "FILE")]
        request: Option<PathBuf>,
    },
    /// A signing request and a new Ed25519 key: OUT.csr and OUT.key
    Request {
        /// The name to ask for
        #[arg(long = "as", value_name = "NAME")]
        name: String,
        /// Where to write, without ending
        #[arg(long, value_name = "OUT")]
        out: PathBuf,
    },
    /// A revocation list of one authority, good for 30 days: OUT.crl
    Crl {
        #[command(flatten)]
        from: From,
        /// Whose certificates
        #[arg(long, value_enum)]
        by: By,
        /// A certificate that is revoked as of now (PEM); may be repeated
        #[arg(long = "revoke", value_name = "FILE")]
        revoked: Vec<PathBuf>,
        /// The running number, larger than that of every list before
        #[arg(long)]
        number: u64,
    },
}

#[derive(Args)]
struct From {
    /// The data directory of the server
    dir: PathBuf,
    /// Where to write, without ending
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Algorithm {
    P256,
    Ed25519,
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    ServerP256,
    ServerEd25519,
    Users,
}

struct Failure {
    exit: Exit,
    error: String,
    hint: String,
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let now = system_clock().now();
    match execute(cli.command, now) {
        Ok(text) => match io::stdout().lock().write_all(text.as_bytes()) {
            // Whoever read our output has had enough of it.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(Exit::System as u8),
            _ => ExitCode::SUCCESS,
        },
        Err(Failure { exit, error, hint }) => {
            let _ = writeln!(io::stderr().lock(), "error: {error}\nhint: {hint}");
            ExitCode::from(exit as u8)
        }
    }
}

fn execute(command: Command, now: UnixTime) -> Result<String, Failure> {
    match command {
        Command::Init { dir, names } => init(&dir, names, now),
        Command::Issue(Issue::Server { from, names, key, days }) => {
            issue_server(&from, &names, key, Validity::days(now, days))
        }
        Command::Issue(Issue::User { from, name, request }) => issue_user(&from, &name, request.as_deref(), now),
        Command::Issue(Issue::Request { name, out }) => issue_request(&name, &out),
        Command::Issue(Issue::Crl {
            from,
            by,
            revoked,
            number,
        }) => issue_list(&from, by, &revoked, number, now),
        Command::Show { files } => show_all(&files, now),
        Command::Trust { dir } => {
            let authorities = Authorities::read(&dir)?;
            Ok(trust::instructions(
                &dir.join(CA_FILE),
                authorities.server_p256.permitted().unwrap_or_default(),
            ))
        }
    }
}

fn init(dir: &Path, mut names: Vec<HostName>, now: UnixTime) -> Result<String, Failure> {
    names.extend(this_host());
    let authorities = Authorities::open_or_create(dir, &names, now, &mut OsRandom)?;
    let roots = dir.join(CA_FILE);
    let roots = roots.display();
    let said = match authorities.opened {
        Opened::Created => format!("made the authorities of a new server; its roots are in {roots}\n"),
        Opened::Found => {
            format!("the authorities are there already and permit these names; the roots are in {roots}\n")
        }
        Opened::Extended => format!(
            "the P-256 root permits more names now; put the new {roots} wherever the old one is trusted: the old root\n\
             refuses the new names\n"
        ),
    };
    Ok(said + &format!("next: nihao-certs trust {}\n", dir.display()))
}

fn issue_server(from: &From, names: &[HostName], algorithm: Algorithm, validity: Validity) -> Result<String, Failure> {
    let authorities = Authorities::read(&from.dir)?;
    let (authority, key) = match algorithm {
        Algorithm::P256 => (&authorities.server_p256, SigningKey::generate_p256(&mut OsRandom)),
        Algorithm::Ed25519 => (&authorities.server_ed25519, SigningKey::generate_ed25519(&mut OsRandom)),
    };
    let key = key.map_err(|error| Failure::system(error.to_string()))?;
    let issued = authority.issue(names, &PublicKey::of(&key), validity, &mut OsRandom)?;
    write_pair(&from.out, &issued, Some(&key))
}

fn issue_user(from: &From, name: &str, request: Option<&Path>, now: UnixTime) -> Result<String, Failure> {
    let authorities = Authorities::read(&from.dir)?;
    let (public, key) = match request {
        Some(path) => (read_request(path)?.public_key().clone(), None),
        None => {
            let key =
                SigningKey::generate_ed25519(&mut OsRandom).map_err(|error| Failure::system(error.to_string()))?;
            (PublicKey::of(&key), Some(key))
        }
    };
    let serial = random_serial(&mut OsRandom).map_err(|error| Failure::system(error.to_string()))?;
    let issued = authorities
        .users
        .issue(name, &public, Validity::of_user_certificate(now), &serial)?;
    write_pair(&from.out, &issued, key.as_ref())
}

fn issue_request(name: &str, out: &Path) -> Result<String, Failure> {
    let key = SigningKey::generate_ed25519(&mut OsRandom).map_err(|error| Failure::system(error.to_string()))?;
    let request = SigningRequest::create(name, &key)
        .map_err(|error| Failure::refused(error.to_string(), "choose another name"))?;
    let (request_path, key_path) = (ending(out, "csr"), ending(out, "key"));
    write_key(&key_path, &key)?;
    nihao_certs::create_public(&request_path, request.pem().as_bytes())?;
    Ok(format!("wrote {} and {}\n", request_path.display(), key_path.display()))
}

fn issue_list(from: &From, by: By, revoked: &[PathBuf], number: u64, now: UnixTime) -> Result<String, Failure> {
    let authorities = Authorities::read(&from.dir)?;
    let authority = match by {
        By::ServerP256 => authorities.server_p256.authority(),
        By::ServerEd25519 => authorities.server_ed25519.authority(),
        By::Users => authorities.users.authority(),
    };
    let mut entries = Vec::new();
    for path in revoked {
        let block = first_block(path, PemKind::Certificate)?;
        let view = Certificate::parse(&block).map_err(|error| {
            Failure::refused(
                format!("{}: {error}", path.display()),
                "give the PEM file of a certificate",
            )
        })?;
        if view.issuer.common_name().as_deref() != Some(authority.name()) {
            let error = format!(
                "{} was issued by {}, not by {}",
                path.display(),
                view.issuer,
                authority.name()
            );
            return Err(Failure::refused(
                error,
                "an authority revokes only what it signed; choose another with --by",
            ));
        }
        entries.push(Revoked {
            serial: view.serial.to_vec(),
            at: now,
        });
    }
    let list = authority.revocation_list(&entries, number, Validity::days(now, 30))?;
    let path = ending(&from.out, "crl");
    nihao_certs::create_public(&path, encode_pem(PemKind::RevocationList, &list).as_bytes())?;
    Ok(format!("wrote {} with {} revoked\n", path.display(), entries.len()))
}

fn show_all(files: &[PathBuf], now: UnixTime) -> Result<String, Failure> {
    let mut text = String::new();
    for path in files {
        let bytes = read_input(path)?;
        let told = show::describe(&bytes, now).map_err(|error| {
            Failure::refused(
                format!("{}: {error}", path.display()),
                "give a certificate, signing request, revocation list or key",
            )
        })?;
        if files.len() > 1 {
            text += &format!("== {}\n", path.display());
        }
        text += &told;
    }
    Ok(text)
}

fn write_pair(out: &Path, issued: &Issued, key: Option<&SigningKey>) -> Result<String, Failure> {
    let certificate = ending(out, "pem");
    let mut wrote = certificate.display().to_string();
    if let Some(key) = key {
        let path = ending(out, "key");
        write_key(&path, key)?;
        wrote += &format!(" and {}", path.display());
    }
    nihao_certs::create_public(&certificate, issued.pem().as_bytes())?;
    Ok(format!("wrote {wrote}\n"))
}

fn write_key(path: &Path, key: &SigningKey) -> Result<(), Failure> {
    let pem = key.to_pkcs8_pem().map_err(|error| Failure::system(error.to_string()))?;
    Ok(nihao_certs::create_secret(path, pem.as_bytes())?)
}

fn read_request(path: &Path) -> Result<SigningRequest, Failure> {
    let block = first_block(path, PemKind::Request)?;
    SigningRequest::read(&block).map_err(|error: RequestError| {
        Failure::refused(
            format!("{}: {error}", path.display()),
            "make one with: nihao-certs issue request --as NAME --out FILE",
        )
    })
}

fn first_block(path: &Path, kind: PemKind) -> Result<Vec<u8>, Failure> {
    let blocks = PemBlock::read_all(&read_input(path)?);
    let blocks = blocks.map_err(|error| Failure::refused(format!("{}: {error}", path.display()), "give a PEM file"))?;
    blocks
        .into_iter()
        .find(|block| block.kind == kind)
        .map(|block| block.der)
        .ok_or_else(|| {
            Failure::refused(
                format!("{} holds no block of kind {kind:?}", path.display()),
                "look at it with: nihao-certs show FILE",
            )
        })
}

fn read_input(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| Failure::system(format!("cannot read {}: {error}", path.display())))
}

fn ending(out: &Path, ending: &str) -> PathBuf {
    let mut path = out.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    path.into()
}

impl Failure {
    fn refused(error: String, hint: &str) -> Self {
        Self {
            exit: Exit::Refused,
            error,
            hint: hint.into(),
        }
    }

    fn system(error: String) -> Self {
        Self {
            exit: Exit::System,
            error,
            hint: "check the path, its permissions, and the space on its disk".into(),
        }
    }
}

impl std::convert::From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match error {
            StoreError::File(_) => Exit::System,
            StoreError::Issue(_) => Exit::Refused,
            _ => Exit::Store,
        };
        Self {
            exit,
            hint: error.hint(),
            error: error.to_string(),
        }
    }
}

impl std::convert::From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        StoreError::File(error).into()
    }
}

impl std::convert::From<IssueError> for Failure {
    fn from(error: IssueError) -> Self {
        let hint = match error {
            IssueError::OutsideConstraints { .. } => "permit the name first: nihao-certs init DIR --name HOST",
            _ => "change the value that it names",
        };
        Self::refused(error.to_string(), hint)
    }
}
