//! Which type the cells of a column of PostgreSQL get.

use super::super::table::{Kind, Order, Wire};
use crate::cell::CellKind;

/// Digits that a number of 64 bits holds, whatever they are: whole, and with a fraction.
const WHOLE_DIGITS_MAX: i32 = 18;
const REAL_DIGITS_MAX: i32 = 15;

/// The modifier of a type that has none.
const NO_MODIFIER: i32 = -1;
/// What PostgreSQL adds to a modifier.
const HEADER_BYTES: i32 = 4;

/// How a column is read.
pub(super) struct Reading {
    pub(super) kind: Kind,
    pub(super) wire: Wire,
    pub(super) select: String,
    pub(super) order: Option<Order>,
}

/// Returns how a column is read, by the name of its type, of which domains were taken off, and its modifier.
pub(super) fn reading(quoted: &str, base: &str, modifier: i32, is_key: bool) -> Reading {
    let declared = |kind, cast: &str, order| Reading {
        kind: Kind::Declared(kind),
        wire: Wire::Plain,
        select: format!("{quoted}::{cast}"),
        order,
    };
    match base {
        "int2" | "int4" | "int8" => declared(CellKind::Integer, "int8", Some(Order::Integer)),
        "float4" | "float8" => declared(CellKind::Real, "float8", None),
        "bool" => declared(CellKind::Flag, "bool", None),
        "timestamptz" => declared(CellKind::Timestamp, "timestamptz", Some(Order::Moment)),
        "timestamp" => declared(CellKind::Timestamp, "timestamp", Some(Order::Moment)),
        "date" => declared(CellKind::Text, "date", Some(Order::Date)),
        "numeric" => Reading {
            kind: numeric(quoted, modifier, is_key),
            wire: Wire::Decimal,
            select: format!("{quoted}::text"),
            order: Some(Order::Decimal),
        },
        // Without the currency's sign, which depends on the server's settings.
        "money" => declared(CellKind::Text, "money::numeric::text", None),
        "text" | "varchar" | "bpchar" => declared(CellKind::Text, "text", Some(Order::Text)),
        _ => declared(CellKind::Text, "text", None),
    }
}

/// Decimal numbers are never rounded: those that 64 bits may not hold are text, of a key always.
fn numeric(quoted: &str, modifier: i32, is_key: bool) -> Kind {
    let by_values = Kind::ByValues {
        narrow: CellKind::Real,
        wide: CellKind::Text,
        // A cast of what is larger or smaller than a double is an error.
        misfit: format!(
            "CASE WHEN {quoted} IS NULL OR {quoted} = 0 OR {quoted}::text IN ('NaN', 'Infinity', '-Infinity') THEN false \
             WHEN abs({quoted}) BETWEEN 1e-300 AND 1e300 THEN {quoted}::float8::text::numeric <> {quoted} ELSE true END"
        ),
    };
    if modifier == NO_MODIFIER {
        return if is_key { Kind::Declared(CellKind::Text) } else { by_values };
    }
    let precision = ((modifier - HEADER_BYTES) >> 16) & 0xffff;
    // Eleven bits with a sign.
    let scale = (((modifier - HEADER_BYTES) & 0x7ff) ^ 1024) - 1024;
    match scale {
        ..=0 if precision - scale <= WHOLE_DIGITS_MAX => Kind::Declared(CellKind::Integer),
        ..=0 => Kind::Declared(CellKind::Text),
        _ if is_key => Kind::Declared(CellKind::Text),
        _ if precision <= REAL_DIGITS_MAX => Kind::Declared(CellKind::Real),
        _ => by_values,
    }
}

/// Returns the name of a type without its modifier.
pub(super) fn base_name(declared: &str) -> &str {
    match declared.split('(').next().unwrap_or(declared).trim_end() {
        "timestamp" if declared.ends_with("with time zone") => "timestamptz",
        name if name.starts_with("timestamp with time zone") => "timestamptz",
        name if name.starts_with("timestamp") => "timestamp",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modifier(precision: i32, scale: i32) -> i32 {
        ((precision << 16) | (scale & 0x7ff)) + HEADER_BYTES
    }

    #[test]
    fn a_number_of_many_digits_is_no_number_of_64_bits() {
        let kind = |precision, scale| match numeric("c", modifier(precision, scale), false) {
            Kind::Declared(kind) => Some(kind),
            Kind::ByValues { .. } => None,
        };
        assert_eq!(kind(18, 0), Some(CellKind::Integer));
        assert_eq!(kind(10, -3), Some(CellKind::Integer));
        assert_eq!(kind(20, 0), Some(CellKind::Text));
        assert_eq!(kind(12, 2), Some(CellKind::Real));
        assert_eq!(kind(18, 2), None);
    }
}
