//! The margin that all rows start from: XGBoost's `base_score`.

/// Returns the margin of a `base_score`, which XGBoost keeps on the scale of predictions: as `0.5`, `5E-1`, or, since
/// 3.1, `[5E-1]`.
pub(super) fn intercept(base_score: &str, objective: &str) -> Result<f64, String> {
    let bare = base_score.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(base_score);
    let number: f32 = bare.trim().parse().map_err(|_| format!("`base_score` is `{base_score}`, expected a number"))?;
    let intercept = match objective {
        "binary:logistic" | "reg:logistic" if (0.0..=1.0).contains(&number) => {
            // XGBoost's own bound, for data of one class.
            const EPSILON: f32 = 1e-6;
            let share = f64::from(number.clamp(EPSILON, 1.0 - EPSILON));
            -(1.0 / share - 1.0).ln()
        }
        "count:poisson" | "reg:gamma" | "reg:tweedie" => f64::from(number).ln(),
        "binary:logitraw" | "reg:squarederror" | "reg:linear" | "rank:pairwise" | "rank:ndcg" | "rank:map" => {
            f64::from(number)
        }
        "binary:logistic" | "reg:logistic" => return Err(format!("`base_score` is `{base_score}`, expected 0 to 1")),
        "binary:hinge" => {
            return Err("the objective `binary:hinge`, whose scores are yes or no and no probabilities: train with \
                        `binary:logistic`"
                .to_owned());
        }
        _ => return Err(format!("the objective `{objective}`, which is not known here: train with `binary:logistic`")),
    };
    let finite = Some(intercept).filter(|intercept| intercept.is_finite());
    finite.ok_or_else(|| format!("`base_score` is `{base_score}`, which `{objective}` cannot start from"))
}
