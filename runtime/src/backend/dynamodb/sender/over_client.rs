//! The sender over a client of the SDK, which signs and sends: our body goes into an operation of it, and the
//! answer comes back as it is.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{Config, ConfigBag, Intercept, RuntimeComponents, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Input, Output};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse, SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use crate::backend::BoxFuture;
use crate::backend::dynamodb::answer::read_answer;
use crate::backend::dynamodb::failure::Failure;
use crate::backend::dynamodb::sender::Sender;
use crate::backend::dynamodb::sender::signature::CONTENT_TYPE;
use crate::backend::dynamodb::sender::target::Target;

/// Sends requests with a client of the SDK.
#[derive(Debug)]
pub(crate) struct ClientSender {
    client: Client,
}

impl ClientSender {
    /// A sender over this client. Its retries are not used: what may be sent again is known elsewhere.
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }
}

/// Puts a body into an operation, and takes the answer out of it.
#[derive(Debug, Clone)]
struct Swap {
    target: Target,
    body: Bytes,
    answer: Arc<Mutex<Option<HttpResponse>>>,
    output: fn() -> Output,
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Swap {
    fn name(&self) -> &'static str {
        "reposit"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state()
            .store_put(SharedRequestSerializer::new(self.clone()))
            .store_put(SharedResponseDeserializer::new(self.clone()));
        Ok(())
    }
}

impl SerializeRequest for Swap {
    fn serialize_input(&self, _: Input, _: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        let request = http::Request::post("/")
            .header("content-type", CONTENT_TYPE)
            .header("content-length", self.body.len())
            .header("x-amz-target", self.target.header())
            .body(SdkBody::from(self.body.clone()))?;
        Ok(request.try_into()?)
    }
}

impl DeserializeResponse for Swap {
    /// Takes every answer out, an error's too, before its body was read: it is read within bounds elsewhere.
    fn deserialize_streaming_with_config(
        &self,
        response: &mut HttpResponse,
        _: &ConfigBag,
    ) -> Option<Result<Output, OrchestratorError<Error>>> {
        let mut answer = HttpResponse::new(response.status(), std::mem::replace(response.body_mut(), SdkBody::taken()));
        *answer.headers_mut() = response.headers().clone();
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        Some(Ok((self.output)()))
    }

    fn deserialize_nonstreaming_with_config(
        &self,
        _: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        Ok((self.output)())
    }
}

/// A table's name, which the SDK wants where it finds the endpoint. It is in no request: the body is ours.
const UNSENT: &str = "reposit";

/// Sends an operation whose input is of no account, swapped for ours. A macro, because the SDK's builders
/// share no trait.
macro_rules! swapped {
    ($builder:expr, $output:ty, $target:expr, $body:expr) => {{
        let answer = Arc::default();
        // These are all optional members, so that there is such an output.
        let output = || Output::erase(<$output>::builder().build());
        let swap = Swap { target: $target, body: $body, answer: Arc::clone(&answer), output };
        let config = Config::builder()
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let operation = $builder.customize().interceptor(swap).config_override(config);
        operation.send().await.map_err(Failure::from_sdk)?;
        answer
    }};
}

impl ClientSender {
    async fn exchange(&self, target: Target, body: Bytes) -> Result<Bytes, Failure> {
        use aws_sdk_dynamodb::operation as op;

        let client = &self.client;
        let answer: Arc<Mutex<Option<HttpResponse>>> = match target {
            Target::GetItem => {
                swapped!(client.get_item().table_name(UNSENT), op::get_item::GetItemOutput, target, body)
            }
            Target::PutItem => {
                swapped!(client.put_item().table_name(UNSENT), op::put_item::PutItemOutput, target, body)
            }
            Target::UpdateItem => {
                swapped!(client.update_item().table_name(UNSENT), op::update_item::UpdateItemOutput, target, body)
            }
            Target::DeleteItem => {
                swapped!(client.delete_item().table_name(UNSENT), op::delete_item::DeleteItemOutput, target, body)
            }
            Target::Query => swapped!(client.query().table_name(UNSENT), op::query::QueryOutput, target, body),
            Target::Scan => swapped!(client.scan().table_name(UNSENT), op::scan::ScanOutput, target, body),
            Target::BatchGetItem => {
                swapped!(client.batch_get_item(), op::batch_get_item::BatchGetItemOutput, target, body)
            }
            Target::BatchWriteItem => {
                swapped!(client.batch_write_item(), op::batch_write_item::BatchWriteItemOutput, target, body)
            }
            Target::TransactGetItems => {
                swapped!(client.transact_get_items(), op::transact_get_items::TransactGetItemsOutput, target, body)
            }
            Target::TransactWriteItems => swapped!(
                client.transact_write_items(),
                op::transact_write_items::TransactWriteItemsOutput,
                target,
                body
            ),
        };
        let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let answer = answer.ok_or_else(|| Failure::incomplete("answer at all"))?;
        let answer = read_answer(answer, target.name()).await.map_err(Failure::of_connector)?;
        if answer.status() == 200 { Ok(answer.body) } else { Err(Failure::of_answer(target, &answer)) }
    }
}

impl Sender for ClientSender {
    fn send(&self, target: Target, body: Bytes) -> BoxFuture<'_, Result<Bytes, Failure>> {
        Box::pin(self.exchange(target, body))
    }
}
