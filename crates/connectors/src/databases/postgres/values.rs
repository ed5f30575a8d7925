//! Values of PostgreSQL from their bytes: the driver's own decoding stops at values that other types do not hold.

use chrono::{Days, NaiveDate};
use sqlx::postgres::{PgRow, PgValueFormat};
use sqlx::{Row, TypeInfo, ValueRef};

use super::super::cells::{FAR, INFINITY, day, near};
use super::super::table::Value;

/// Microseconds from 1970 to 2000, from which PostgreSQL counts.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Returns a value of a row whose columns have the types that `types` casts to.
pub(super) fn value(row: &PgRow, index: usize) -> Value {
    let value = match row.try_get_raw(index) {
        Ok(value) => value,
        Err(error) => return Value::Unreadable(error.to_string()),
    };
    if value.is_null() {
        return Value::Null;
    }
    let type_info = value.type_info();
    let name = type_info.name();
    let (Ok(bytes), PgValueFormat::Binary) = (value.as_bytes(), value.format()) else {
        return Value::Unreadable(format!("a value of type {name} in an unknown form"));
    };
    read(name, bytes).unwrap_or_else(|| Value::Unreadable(format!("{} bytes are no {name}", bytes.len())))
}

fn read(name: &str, bytes: &[u8]) -> Option<Value> {
    Some(match name {
        "INT8" => Value::Integer(i64::from_be_bytes(bytes.try_into().ok()?)),
        "FLOAT8" => Value::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
        "BOOL" => Value::Flag(*bytes.first()? != 0),
        "TIMESTAMPTZ" | "TIMESTAMP" => match i64::from_be_bytes(bytes.try_into().ok()?) {
            i64::MIN | i64::MAX => Value::Untold(INFINITY),
            micros => {
                micros.checked_add(EPOCH_MICROS).ok_or(FAR).and_then(near).map_or_else(Value::Untold, Value::Timestamp)
            }
        },
        "DATE" => match i32::from_be_bytes(bytes.try_into().ok()?) {
            i32::MIN | i32::MAX => Value::Untold(INFINITY),
            days => date(days).map_or_else(Value::Untold, Value::Text),
        },
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Unreadable("the text is not UTF-8".to_owned()),
        },
    })
}

fn date(days: i32) -> Result<String, &'static str> {
    let first = NaiveDate::from_ymd_opt(2000, 1, 1).ok_or(FAR)?;
    let distance = Days::new(u64::from(days.unsigned_abs()));
    let date = if days < 0 { first.checked_sub_days(distance) } else { first.checked_add_days(distance) };
    date.ok_or(FAR).and_then(day)
}
