//! Entries of the catalogue between their domain types and the contract, by way of protobuf's own JSON: both sides
//! have the same names, so there is one mapping and not one a type.

mod faults;

use std::sync::LazyLock;

use greenlane_platform::{fault::Fault, violations::Violations};
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::faults::Budget;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(greenlane_api::DESCRIPTORS).expect("the contracts are compiled into this program")
});

fn descriptor<M: Name>() -> prost_reflect::MessageDescriptor {
    POOL.get_message_by_name(&M::full_name()).expect("every generated message is in the contracts")
}

/// What is wrong with a message: each field, by its path, and why.
pub(crate) type Faults = Vec<(String, String)>;

/// What of a message can be read, none if nothing can, and everything that is wrong with it.
pub(crate) fn to_domain_in_part<M: Message + Name, T: DeserializeOwned>(message: &M) -> (Option<T>, Faults) {
    match json(message) {
        Ok(json) => faults::read_in_part(json, &mut Budget::default()),
        Err(faults) => (None, faults),
    }
}

fn json<M: Message + Name>(message: &M) -> Result<Value, Faults> {
    let whole = |error: String| vec![(String::new(), error)];
    let mut dynamic = DynamicMessage::new(descriptor::<M>());
    dynamic.transcode_from(message).map_err(|error| whole(error.to_string()))?;
    let options = SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false);
    dynamic.serialize_with_options(serde_json::value::Serializer, &options).map_err(|error| whole(error.to_string()))
}

/// Makes domain values of the messages of one request. To find all that is wrong with them takes long where that is much, and
/// a request has one budget for it: of the last of many faulty messages only the first fault is told.
#[derive(Debug, Default)]
pub(super) struct Parser {
    budget: Budget,
}

impl Parser {
    /// A domain value of a message, or what is wrong with it.
    fn domain_value<M: Message + Name, T: DeserializeOwned>(&mut self, message: &M) -> Result<T, Faults> {
        faults::read(json(message)?, &mut self.budget)
    }

    /// The same with what is wrong noted below a field of the request.
    pub(super) fn parse<M: Message + Name, T: DeserializeOwned>(
        &mut self,
        v: &mut Violations,
        field: &str,
        raw: &M,
    ) -> Option<T> {
        self.domain_value(raw)
            .map_err(|faults| {
                for (path, why) in faults {
                    v.add(&if path.is_empty() { field.to_owned() } else { format!("{field}.{path}") }, why);
                }
            })
            .ok()
    }
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
