use super::*;
use crate::config::Resend;

#[test]
fn region_and_endpoint() {
    let config = Config::from_url("dynamodb://us-east-1?endpoint=http://localhost:8000").unwrap();
    let settings = dynamodb_of(&config);
    assert_eq!(settings.region.as_deref(), Some("us-east-1"));
    assert_eq!(settings.endpoint.as_deref(), Some("http://localhost:8000"));
    assert!(settings.access_key.is_none() && settings.credentials_file.is_none() && settings.profile.is_none());
    let config = Config::from_url("dynamodb://?profile=local").unwrap();
    assert_eq!(dynamodb_of(&config).region, None);
    assert_eq!(dynamodb_of(&config).profile.as_deref(), Some("local"));
    assert_eq!(dynamodb_of(&Config::from_url("dynamodb://").unwrap()).region, None);
}

#[test]
fn what_is_sent_again() {
    let resend = |url: &str| dynamodb_of(&Config::from_url(url).unwrap()).resend;
    assert_eq!(resend("dynamodb://us-east-1"), Resend::Never);
    assert_eq!(resend("dynamodb://us-east-1?resend=never"), Resend::Never);
    assert_eq!(resend("dynamodb://us-east-1?resend=idempotent"), Resend::Idempotent);
    let file = read("a.json", r#"{ "backend": "dynamodb", "region": "us-east-1", "resend": "idempotent" }"#).unwrap();
    assert_eq!(dynamodb_of(&file).resend, Resend::Idempotent);
    refused(Config::from_url("dynamodb://us-east-1?resend=always"), &["resend is neither never nor idempotent"]);
    // It means nothing elsewhere.
    refused(Config::from_url("memory:?resend=idempotent"), &["unknown"]);
    refused(Config::from_url("mongodb://localhost/users?resend=idempotent"), &["option"]);
}

#[test]
fn credentials() {
    let config = Config::from_url("dynamodb://KEY:ses%2Fame@us-east-1?session_token=to%2Bken").unwrap();
    let settings = dynamodb_of(&config);
    assert_eq!(settings.access_key.as_ref().unwrap().expose(), "KEY");
    assert_eq!(settings.secret_key.as_ref().unwrap().expose(), "ses/ame");
    assert_eq!(settings.session_token.as_ref().unwrap().expose(), "to+ken");
    let shown = format!("{config:?}");
    assert!(!shown.contains("ses/ame") && !shown.contains("KEY") && !shown.contains("to+ken"), "{shown}");

    let config = Config::from_url("dynamodb://us-east-1?access_key=KEY&secret_key=sesame").unwrap();
    assert_eq!(dynamodb_of(&config).secret_key.as_ref().unwrap().expose(), "sesame");
    assert_hidden(&format!("{config:?}"));

    let file = Scratch::new("credentials", "[default]\n");
    let url = format!("dynamodb://us-east-1?credentials_file={}", file.path().display());
    assert_eq!(dynamodb_of(&Config::from_url(&url).unwrap()).credentials_file.as_deref(), Some(file.path()));
}

#[test]
fn what_is_wrong_is_named() {
    refused(Config::from_url("dynamodb://localhost:8000"), &["endpoint=http://localhost:8000"]);
    refused(Config::from_url("dynamodb://US_EAST"), &["region"]);
    refused(Config::from_url("dynamodb://us-east-1/users"), &["nothing stands after the region"]);
    refused(Config::from_url("dynamodb://KEY@us-east-1"), &["secret key"]);
    refused(Config::from_url("dynamodb://us-east-1?access_key=KEY"), &["secret_key is missing"]);
    refused(Config::from_url("dynamodb://us-east-1?secret_key=sesame"), &["access_key is missing"]);
    refused(Config::from_url("dynamodb://us-east-1?session_token=sesame"), &["access_key is missing"]);
    refused(Config::from_url("dynamodb://K:sesame@us-east-1?access_key=K&secret_key=sesame"), &["twice"]);
    refused(Config::from_url("dynamodb://K:sesame@us-east-1?profile=x"), &["twice"]);
    for endpoint in
        ["localhost:8000", "localhost", "ftp://host", "http://", "http://ada:sesame%40host", "http://host?x=y"]
    {
        refused(Config::from_url(&format!("dynamodb://us-east-1?endpoint={endpoint}")), &["endpoint"]);
    }
    let missing = "dynamodb://us-east-1?credentials_file=/no/such/file";
    refused(Config::from_url(missing), &["credentials_file", "/no/such/file"]);
    let folder = format!("dynamodb://us-east-1?credentials_file={}", std::env::temp_dir().display());
    refused(Config::from_url(&folder), &["credentials_file"]);
}

#[test]
fn an_endpoint_made_by_hand_is_not_shown_with_its_password() {
    let endpoint = Some("http://ada:sesame@h:8000".to_owned());
    assert_hidden(&format!("{:?}", DynamoDbSettings { endpoint, ..DynamoDbSettings::default() }));
    let endpoint = Some("http://h:8000".to_owned());
    assert!(format!("{:?}", DynamoDbSettings { endpoint, ..DynamoDbSettings::default() }).contains("http://h:8000"));
}
