//! Credentials of AWS that someone logged in for, and those that a program prints.

use std::path::{Path, PathBuf};

use reposit::{Database, ErrorKind};
use reposit_tests::models::{Note, note};
use reposit_tests::report;
use reposit_tests::servers::{self, fresh_name};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("reposit-{}", fresh_name()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file in it, and the folders above that.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn works(url: &str) {
    let db = Database::open(url).await.unwrap();
    db.define::<Note>().await.unwrap();
    Note::put(&note("n")).exec(&db).await.unwrap();
    assert_eq!(Note::get("n").exec(&db).await.unwrap(), Some(note("n")));
}

#[tokio::test]
async fn a_program_gives_the_credentials() {
    let dynamo = servers::dynamodb_local().await;
    let (folder, key) = (Folder::new(), fresh_name());
    let printed = format!(r#"{{"Version":1,"AccessKeyId":"{key}","SecretAccessKey":"hiddenSecret"}}"#);
    let program = folder.file("give.sh", &format!("echo '{printed}'\n"));
    let url =
        |file: &str| format!("dynamodb://us-east-1?endpoint=http://{}&credentials_file={file}", dynamo.address(&key));
    let giving = folder.file("giving", &format!("[default]\ncredential_process = sh {program}\n"));
    works(&url(&giving)).await;
    let failing = folder.file("failing", "[default]\ncredential_process = sh -c 'echo hiddenSecret; exit 3'\n");
    let error = Database::open(&url(&failing)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(error.message().starts_with("no AWS credentials") && !error.message().contains("hiddenSecret"), "{error}");
    report::ran("aws_login::a_program_gives_the_credentials", &dynamo.label());
}

/// What `aws configure sso` writes.
const PROFILE: &str = "[profile staff]\nsso_start_url = http://login.example/start\nsso_region = us-east-1\n\
                       sso_account_id = 123456789012\nsso_role_name = reader\n";

/// Where `aws sso login` leaves its token: the name is the SHA-1 of the start URL.
const TOKEN: &str = ".aws/sso/cache/1723b7178dac80f748402a84b1aa45225b90d255.json";

/// A portal that gives credentials of this key to whoever has the token.
async fn portal(key: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let body = format!(
        r#"{{"roleCredentials":{{"accessKeyId":"{key}","secretAccessKey":"s","sessionToken":"t","expiration":4102444800000}}}}"#
    );
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            give(stream, &body).await;
        }
    });
    address
}

async fn give(mut stream: TcpStream, body: &str) {
    let mut request = vec![0; 8192];
    let length = stream.read(&mut request).await.unwrap();
    let request = String::from_utf8_lossy(&request[..length]).to_ascii_lowercase();
    assert!(request.starts_with("get /federation/credentials?") && request.contains("role_name=reader"), "{request}");
    assert!(request.contains("x-amz-sso_bearer_token: the-token"), "{request}");
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

/// The home folder belongs to the process: this test runs itself once more, with one of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn single_sign_on_gives_the_credentials() {
    const INSIDE: &str = "REPOSIT_LOGIN_URL";
    if let Ok(url) = std::env::var(INSIDE) {
        return works(&url).await;
    }
    let dynamo = servers::dynamodb_local().await;
    let (folder, key) = (Folder::new(), fresh_name());
    let config = folder.file(".aws/config", PROFILE);
    folder.file(TOKEN, r#"{"accessToken":"the-token","expiresAt":"2099-01-01T00:00:00Z"}"#);
    let url = format!("dynamodb://us-east-1?endpoint=http://{}&profile=staff", dynamo.address(&key));
    let mut test = tokio::process::Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "single_sign_on_gives_the_credentials", "--nocapture"]);
    test.env(INSIDE, url).env("HOME", &folder.0).env("AWS_CONFIG_FILE", config).env_remove("AWS_PROFILE");
    test.env("AWS_ENDPOINT_URL_SSO", portal(&key).await).env_remove("AWS_ACCESS_KEY_ID");
    let output = test.output().await.unwrap();
    let told = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&told));
    report::ran("aws_login::single_sign_on_gives_the_credentials", &dynamo.label());
}

#[tokio::test]
async fn single_sign_on_without_a_login_is_told() {
    let folder = Folder::new();
    let file = folder.file("sso", &PROFILE.replace("profile staff", "default").replace("login.", "nobody."));
    let url = format!("dynamodb://us-east-1?endpoint=http://127.0.0.1:1&credentials_file={file}");
    let error = Database::open(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(!format!("{error:?}").contains("cargo feature"), "it is compiled in: {error}");
}
