//! SageMaker's `Record` message, as far as rows and scores need it.

use std::collections::BTreeMap;

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Record {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(super) features: BTreeMap<String, Value>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub(super) label: BTreeMap<String, Value>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(oneof = "Tensor", tags = "2, 3, 7")]
    pub(super) tensor: Option<Tensor>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Tensor {
    #[prost(message, tag = "2")]
    Float32(Float32Tensor),
    #[prost(message, tag = "3")]
    Float64(Float64Tensor),
    #[prost(message, tag = "7")]
    Int32(Int32Tensor),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Float32Tensor {
    #[prost(float, repeated, tag = "1")]
    pub(super) values: Vec<f32>,
    #[prost(uint64, repeated, tag = "2")]
    pub(super) keys: Vec<u64>,
    #[prost(uint64, repeated, tag = "3")]
    pub(super) shape: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Float64Tensor {
    #[prost(double, repeated, tag = "1")]
    pub(super) values: Vec<f64>,
    #[prost(uint64, repeated, tag = "2")]
    pub(super) keys: Vec<u64>,
    #[prost(uint64, repeated, tag = "3")]
    pub(super) shape: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Int32Tensor {
    #[prost(int32, repeated, tag = "1")]
    pub(super) values: Vec<i32>,
    #[prost(uint64, repeated, tag = "2")]
    pub(super) keys: Vec<u64>,
    #[prost(uint64, repeated, tag = "3")]
    pub(super) shape: Vec<u64>,
}
