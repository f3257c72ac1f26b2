//! One request of DynamoDB's HTTP API, by hand.

use serde_json::{Value, json};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Status and body of the answer.
pub async fn try_dynamo(address: &str, access_key: &str, operation: &str, body: &Value) -> io::Result<(u16, Value)> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.0\r\n\
         X-Amz-Target: DynamoDB_20120810.{operation}\r\nX-Amz-Date: 20240101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={access_key}/20240101/us-east-1/dynamodb/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    let body = &answer[answer.find('{').unwrap_or(answer.len())..answer.rfind('}').map_or(answer.len(), |end| end + 1)];
    Ok((status, serde_json::from_str(body).unwrap_or_default()))
}

/// The body of an answer that must be a success.
pub async fn dynamo(address: &str, access_key: &str, operation: &str, body: &Value) -> Value {
    let (status, answer) = try_dynamo(address, access_key, operation, body).await.expect("the server answers");
    assert_eq!(status, 200, "{operation}: {answer}");
    answer
}

/// A table with a string as its hash key, `id`.
pub async fn create_table(address: &str, access_key: &str, name: &str) {
    let table = json!({
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
    });
    dynamo(address, access_key, "CreateTable", &table).await;
}
