//! The log loss of labels given log-odds, and the functions that it is made of.

/// One constant converges in four or five steps.
const SHIFT_STEPS: usize = 12;

/// Returns the weighted mean negative log-likelihood of the labels given log-odds, in nats.
pub(crate) fn log_loss(margins: &[f64], labels: &[bool], weights: &[f32]) -> f64 {
    let (mut sum, mut total) = (0.0, 0.0);
    for ((margin, label), weight) in margins.iter().zip(labels).zip(weights) {
        let weight = f64::from(*weight);
        sum += weight * softplus(if *label { -margin } else { *margin });
        total += weight;
    }
    sum / total
}

/// Returns the log loss after the best constant is added to all log-odds: what calibration corrects in any case must not
/// decide between models, and the share of positives among later rows is often another.
pub(crate) fn log_loss_shifted(margins: &[f64], labels: &[bool], weights: &[f32]) -> f64 {
    let mut shift = 0.0;
    for _ in 0..SHIFT_STEPS {
        let (mut slope, mut curvature) = (0.0, 0.0);
        for ((margin, label), weight) in margins.iter().zip(labels).zip(weights) {
            let (probability, weight) = (sigmoid(margin + shift), f64::from(*weight));
            slope += weight * (probability - f64::from(u8::from(*label)));
            curvature += weight * probability * (1.0 - probability);
        }
        // Clamped, because far from the minimum the curve is flat and the step would be wild.
        let step = (slope / curvature.max(f64::MIN_POSITIVE)).clamp(-2.0, 2.0);
        shift -= step;
        if step.abs() < 1e-6 {
            break;
        }
    }
    let shifted: Vec<f64> = margins.iter().map(|margin| margin + shift).collect();
    log_loss(&shifted, labels, weights)
}

/// `1 / (1 + exp(-margin))`, without overflow.
pub(crate) fn sigmoid(margin: f64) -> f64 {
    if margin >= 0.0 {
        1.0 / (1.0 + (-margin).exp())
    } else {
        let odds = margin.exp();
        odds / (1.0 + odds)
    }
}

/// `ln(1 + exp(x))`, without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_makes_no_difference_to_the_shifted_loss() {
        let (margins, labels) = ([0.3, -1.2, 2.0, 0.1, -0.7], [true, false, true, false, true]);
        let loss = |shift: f64| {
            let margins = margins.map(|margin| margin + shift);
            log_loss_shifted(&margins, &labels, &[1.0; 5])
        };
        for shift in [0.0, -6.0, 4.0] {
            assert!((loss(shift) - loss(0.5)).abs() < 1e-9, "{shift}");
        }
        assert!(loss(0.0) <= log_loss(&margins, &labels, &[1.0; 5]));
    }

    #[test]
    fn extremes_do_not_overflow() {
        assert_eq!((sigmoid(1e4), sigmoid(-1e4)), (1.0, 0.0));
        assert_eq!((softplus(1e4), softplus(-1e4)), (1e4, 0.0));
    }
}
