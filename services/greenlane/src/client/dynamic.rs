//! Calls any method by name with protobuf JSON: the command-line face of every RPC that has no command of its own.

use std::{collections::BTreeSet, io};

use anyhow::{Context as _, bail};
use greenlane_platform::client::Client;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, ServiceDescriptor};
use serde_json::{Value, json};
use tokio_stream::Stream;
use tonic::{
    Request, Status, Streaming,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
};

use super::{
    Session,
    exit::Usage,
    render::{POOL, pages::next_page},
};

/// A method of our contracts, found by `Service/Method`, with or without the package before it.
pub(crate) fn find_method(pool: &DescriptorPool, name: &str) -> anyhow::Result<MethodDescriptor> {
    let Some((service, method)) = name.trim_start_matches('/').rsplit_once('/') else {
        bail!(Usage(format!("`{name}` is not of the form Service/Method")));
    };
    let meant = |s: &ServiceDescriptor| s.full_name() == service || s.full_name().ends_with(&format!(".{service}"));
    let services: Vec<_> = pool.services().filter(meant).collect();
    let found = match services.as_slice() {
        [found] => found,
        [] => {
            let known: BTreeSet<_> = pool.services().map(|s| s.name().to_owned()).collect();
            let known: Vec<_> = known.into_iter().collect();
            bail!(Usage(format!("no service `{service}`; there are {}", known.join(", "))))
        }
        several => {
            let full: Vec<_> = several.iter().map(|s| s.full_name().to_owned()).collect();
            bail!(Usage(format!("`{service}` may be one of {}: name it in full", full.join(", "))))
        }
    };
    found.methods().find(|m| m.name() == method).with_context(|| {
        let known: Vec<_> = found.methods().map(|m| m.name().to_owned()).collect();
        Usage(format!("{} has no method `{method}`; it has {}", found.full_name(), known.join(", ")))
    })
}

/// The request message of a method from JSON.
pub(crate) fn request(method: &MethodDescriptor, json: &str) -> anyhow::Result<DynamicMessage> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(method.input(), &mut deserializer)
        .with_context(|| Usage(format!("the data is not a {}", method.input().full_name())))?;
    deserializer.end().context(Usage("something follows the data".to_owned()))?;
    Ok(message)
}

/// The requests of a method that takes a stream of them: JSON, one after another, each read when it is asked for.
pub(crate) fn requests(
    method: &MethodDescriptor,
    json: impl io::Read,
) -> impl Iterator<Item = anyhow::Result<DynamicMessage>> {
    let values = serde_json::Deserializer::from_reader(io::BufReader::new(json)).into_iter::<Value>();
    values.enumerate().map(|(at, value)| {
        let wrong = || Usage(format!("item {} of the data is not a {}", at + 1, method.input().full_name()));
        DynamicMessage::deserialize(method.input(), value.with_context(wrong)?).with_context(wrong)
    })
}

/// Asks the service that has a unary method, by its name, for the answer to some fields.
pub(crate) async fn ask(session: &Session, method: &str, fields: Value) -> anyhow::Result<Value> {
    let method = find_method(&POOL, method)?;
    let request = DynamicMessage::deserialize(method.input(), fields)?;
    to_json(&call(channel(session, &method)?, &method, request).await?)
}

/// Every row of a list, page by page.
pub(crate) async fn all(session: &Session, method: &str, mut asked: Value, items: &str) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    asked["pageSize"] = json!(1_000);
    loop {
        let mut page = ask(session, method, asked.clone()).await?;
        found.extend(page[items].as_array_mut().map(std::mem::take).unwrap_or_default());
        match next_page(&page) {
            Some(token) => asked["pageToken"] = json!(token),
            None => return Ok(found),
        }
    }
}

/// The service that has a method.
pub(crate) fn channel(session: &Session, method: &MethodDescriptor) -> anyhow::Result<Client> {
    match method.parent_service().package_name() {
        "greenlane.registry.v1" => session.registry(),
        "greenlane.equivalence.v1" => session.equivalence(),
        _ => session.classification(),
    }
}

/// Calls a unary method.
pub(crate) async fn call(
    channel: Client,
    method: &MethodDescriptor,
    request: DynamicMessage,
) -> anyhow::Result<DynamicMessage> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await?;
    Ok(grpc.unary(Request::new(request), path(method)?, DynamicCodec(method.clone())).await?.into_inner())
}

/// Calls a method that streams, to the service, from it, or both.
pub(crate) async fn stream(
    channel: Client,
    method: &MethodDescriptor,
    requests: impl Stream<Item = DynamicMessage> + Send + 'static,
) -> anyhow::Result<Streaming<DynamicMessage>> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await?;
    Ok(grpc.streaming(Request::new(requests), path(method)?, DynamicCodec(method.clone())).await?.into_inner())
}

fn path(method: &MethodDescriptor) -> anyhow::Result<PathAndQuery> {
    Ok(PathAndQuery::try_from(format!("/{}/{}", method.parent_service().full_name(), method.name()))?)
}

/// The JSON of an answer.
pub(crate) fn to_json(message: &DynamicMessage) -> anyhow::Result<Value> {
    let options = super::render::json_options();
    Ok(message.serialize_with_options(serde_json::value::Serializer, &options)?)
}

/// A codec for messages known by descriptor only.
#[derive(Clone, Debug)]
struct DynamicCodec(MethodDescriptor);

impl Codec for DynamicCodec {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.0.output(), buffer).map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests;
