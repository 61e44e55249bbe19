mod agreement;
mod cases;
mod naive;
pub(super) mod random;
mod world;
