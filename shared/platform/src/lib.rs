//! What every Greenlane process stands on: configuration, identity, telemetry, serving, calling.
