//! Which type the cells of a column of MySQL get.

use super::super::table::{Kind, Order, Wire};
use crate::cell::CellKind;

/// Digits that a number of 64 bits holds, whatever they are: whole, and with a fraction.
const WHOLE_DIGITS_MAX: u64 = 18;
const REAL_DIGITS_MAX: u64 = 15;

/// The largest whole number of 64 bits with a sign.
const INTEGER_MAX: i64 = i64::MAX;

/// How a column is read.
pub(super) struct Reading {
    pub(super) kind: Kind,
    pub(super) wire: Wire,
    pub(super) select: String,
    pub(super) order: Option<Order>,
}

/// A column as `information_schema.columns` has it.
pub(super) struct Declared {
    /// `bigint`.
    pub(super) base: String,
    /// `bigint(20) unsigned`.
    pub(super) full: String,
    pub(super) precision: u64,
    pub(super) scale: u64,
    /// Whether it is part of a key, here or as a reference to another table.
    pub(super) is_key: bool,
}

/// Returns how a column is read.
pub(super) fn reading(quoted: &str, declared: &Declared) -> Reading {
    let plain = |kind, order| Reading { kind, wire: Wire::Plain, select: quoted.to_owned(), order };
    let of_text = |wire, select: String, order| Reading { kind: Kind::Declared(CellKind::Text), wire, select, order };
    let as_text = || format!("CAST({quoted} AS CHAR)");
    let signed = |kind| Reading {
        kind,
        wire: Wire::Plain,
        select: format!("CAST({quoted} AS SIGNED)"),
        order: Some(Order::Integer),
    };
    let is_unsigned = declared.full.contains("unsigned");
    match declared.base.as_str() {
        "tinyint" if declared.full.starts_with("tinyint(1)") => signed(Kind::ByValues {
            narrow: CellKind::Flag,
            wide: CellKind::Integer,
            misfit: format!("{quoted} NOT IN (0, 1)"),
        }),
        "bigint" if is_unsigned => Reading {
            kind: Kind::ByValues {
                narrow: CellKind::Integer,
                wide: CellKind::Text,
                misfit: format!("{quoted} > {INTEGER_MAX}"),
            },
            wire: Wire::Decimal,
            select: as_text(),
            order: Some(Order::Integer),
        },
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => signed(Kind::Declared(CellKind::Integer)),
        "bit" if declared.precision == 1 => signed(Kind::Declared(CellKind::Flag)),
        "bit" if declared.precision < 64 => signed(Kind::Declared(CellKind::Integer)),
        "bit" => of_text(Wire::Plain, format!("CAST({quoted} + 0 AS CHAR)"), None),
        "float" | "double" => {
            Reading { select: format!("{quoted} + 0e0"), ..plain(Kind::Declared(CellKind::Real), None) }
        }
        "decimal" => Reading {
            kind: decimal(quoted, declared),
            wire: Wire::Decimal,
            select: as_text(),
            order: Some(Order::Decimal),
        },
        "datetime" | "timestamp" => Reading {
            kind: Kind::Declared(CellKind::Timestamp),
            wire: Wire::Moment,
            select: as_text(),
            order: Some(Order::Moment),
        },
        "date" => of_text(Wire::Date, as_text(), Some(Order::Date)),
        // Without a cast, which is cut off at the server's `max_allowed_packet`.
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
            of_text(Wire::Plain, quoted.to_owned(), Some(Order::Text))
        }
        "enum" | "set" | "json" => of_text(Wire::Plain, quoted.to_owned(), None),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            // Without HEX, of which the server makes nothing where the digits are longer than its `max_allowed_packet`.
            of_text(Wire::Bytes, quoted.to_owned(), None)
        }
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
        | "geometrycollection" | "geomcollection" => {
            // The server makes nothing of a shape whose text is longer than its `max_allowed_packet`: that is told from no shape.
            let select = format!("COALESCE(ST_AsText({quoted}), IF({quoted} IS NULL, NULL, ''))");
            of_text(Wire::Shape, select, None)
        }
        _ => of_text(Wire::Plain, as_text(), None),
    }
}

/// Decimal numbers are never rounded: those that 64 bits may not hold are text, of a key always.
fn decimal(quoted: &str, declared: &Declared) -> Kind {
    match declared {
        Declared { scale: 0, precision: ..=WHOLE_DIGITS_MAX, .. } => Kind::Declared(CellKind::Integer),
        Declared { scale: 0, .. } | Declared { is_key: true, .. } => Kind::Declared(CellKind::Text),
        Declared { precision: ..=REAL_DIGITS_MAX, .. } => Kind::Declared(CellKind::Real),
        Declared { scale, .. } => Kind::ByValues {
            narrow: CellKind::Real,
            wide: CellKind::Text,
            // All digits but those of a double are cut off by the way there and back.
            misfit: format!("CAST(CONCAT({quoted} + 0e0) AS DECIMAL(65, {scale})) <> {quoted}"),
        },
    }
}
