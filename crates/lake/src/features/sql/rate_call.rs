//! Calls of `outcome_rate`, rewritten so that the function knows its target, column and date.

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Value,
};

use super::identifier::column_name;

/// Rewrites `outcome_rate('target', l.column)` to `outcome_rate('target', 'column', l.column, o.as_of)`, so that the
/// function knows the table to look in and the day to stop at.
pub(super) fn rewrite_rate(expression: &mut Expr, rates: &mut BTreeSet<(String, String)>) -> Result<(), String> {
    let Expr::Function(function) = expression else { return Ok(()) };
    if !function.name.to_string().eq_ignore_ascii_case("outcome_rate") {
        return Ok(());
    }
    let expected = || "expected `outcome_rate('target', l.column)`".to_owned();
    let (target, path) = rate_arguments(function).ok_or_else(expected)?;
    let column = column_name(&path[1]);
    let text = |text: &str| Expr::Value(Value::SingleQuotedString(text.to_owned()).into());
    let arguments = [
        text(&target),
        text(&column),
        Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(Expr::CompoundIdentifier(path)),
            data_type: DataType::Varchar(None),
            format: None,
            array: false,
        },
        Expr::CompoundIdentifier(vec![Ident::new("o"), Ident::new("as_of")]),
    ];
    if let FunctionArguments::List(list) = &mut function.args {
        list.args =
            arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))).collect();
    }
    rates.insert((target, column));
    Ok(())
}

fn rate_arguments(function: &Function) -> Option<(String, Vec<Ident>)> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(target)), FunctionArg::Unnamed(FunctionArgExpr::Expr(column))] =
        list.args.as_slice()
    else {
        return None;
    };
    let Expr::Value(target) = target else { return None };
    let Value::SingleQuotedString(target) = &target.value else { return None };
    let Expr::CompoundIdentifier(path) = column else { return None };
    (path.len() == 2 && column_name(&path[0]) == "l").then(|| (target.clone(), path.clone()))
}
