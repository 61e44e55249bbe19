mod agreement;
mod cases;
mod edges;
mod naive;
pub(super) mod random;
mod world;
