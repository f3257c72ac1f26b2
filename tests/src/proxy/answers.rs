//! The errors that the proxy answers in DynamoDB's place, in DynamoDB's words.

use super::http::Message;
use super::rule::Fault;
use serde_json::{Value, json};

const MODEL: &str = "com.amazonaws.dynamodb.v20120810";

/// The answer of a fault that is an error; `None` where the fault is something else.
pub(super) fn error(fault: &Fault, request: &Value) -> Option<Message> {
    let (status, body) = match fault {
        Fault::ServerError | Fault::ServerErrorAfter => {
            ("500 Internal Server Error", plain(MODEL, "InternalServerError", "Internal server error"))
        }
        Fault::Throttled => {
            let text = "The level of configured provisioned throughput for the table was exceeded.";
            ("400 Bad Request", plain(MODEL, "ProvisionedThroughputExceededException", text))
        }
        Fault::Throttling => {
            let text = "Rate of requests exceeds the allowed throughput.";
            ("400 Bad Request", plain("com.amazon.coral.availability", "ThrottlingException", text))
        }
        Fault::TooSoon => {
            let text = "Time to live has been modified multiple times within a fixed interval";
            ("400 Bad Request", plain("com.amazon.coral.validate", "ValidationException", text))
        }
        Fault::Conflict => ("400 Bad Request", conflict(request)),
        _ => return None,
    };
    Some(Message::answer(status, body.to_string().into_bytes()))
}

fn plain(namespace: &str, kind: &str, text: &str) -> Value {
    json!({ "__type": format!("{namespace}#{kind}"), "message": text })
}

fn conflict(request: &Value) -> Value {
    let Some(items) = request["TransactItems"].as_array() else {
        return plain(MODEL, "TransactionConflictException", "Transaction is ongoing for the item");
    };
    let codes: Vec<&str> = (0..items.len()).map(|at| if at == 0 { "TransactionConflict" } else { "None" }).collect();
    let reasons: Vec<Value> = codes
        .iter()
        .map(|code| match *code {
            "None" => json!({ "Code": "None" }),
            code => json!({ "Code": code, "Message": "Transaction is ongoing for the item" }),
        })
        .collect();
    json!({
        "__type": format!("{MODEL}#TransactionCanceledException"),
        "Message": format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        ),
        "CancellationReasons": reasons,
    })
}
