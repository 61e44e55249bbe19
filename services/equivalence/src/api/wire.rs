//! Entries of the catalogue between their domain types and the contract, by way of protobuf's own JSON: both sides
//! have the same names, so there is one mapping and not one a type.

use std::sync::LazyLock;

use greenlane_platform::fault::Fault;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(greenlane_api::DESCRIPTORS).expect("the contracts are compiled into this program")
});

fn descriptor<M: Name>() -> prost_reflect::MessageDescriptor {
    POOL.get_message_by_name(&M::full_name()).expect("every generated message is in the contracts")
}

/// A domain value of a message.
pub(super) fn to_domain<M: Message + Name, T: DeserializeOwned>(message: &M) -> Result<T, String> {
    let mut dynamic = DynamicMessage::new(descriptor::<M>());
    dynamic.transcode_from(message).map_err(|error| error.to_string())?;
    let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
    let json = dynamic.serialize_with_options(serde_json::value::Serializer, &options).map_err(|e| e.to_string())?;
    serde_json::from_value(json).map_err(|error| error.to_string())
}

/// The message of a domain value.
pub(super) fn to_wire<T: Serialize, M: Message + Name + Default>(value: &T) -> Result<M, Fault> {
    let internal = |error: String| Fault::internal(format!("{}: {error}", M::full_name()));
    let json = serde_json::to_value(value).map_err(|error| internal(error.to_string()))?;
    let dynamic = DynamicMessage::deserialize(descriptor::<M>(), json).map_err(|error| internal(error.to_string()))?;
    dynamic.transcode_to().map_err(|error| internal(error.to_string()))
}

#[cfg(test)]
mod tests;
