mod agreement;
mod cases;
mod naive;
mod random;
