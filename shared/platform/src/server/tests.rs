mod drain;
mod edge;
mod health;
mod limits;
mod refusals;
mod streams;
