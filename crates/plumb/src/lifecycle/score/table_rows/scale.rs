//! Percentages in one file and plain numbers in the other: whether 0.125 or 12.5 is meant.

/// Two means are of one scale if the greater is at most so many times the other.
const ALIKE: f64 = 8.0;

/// Returns by what numbers of a file are multiplied to be like those of the training, 1, 100 or 1/100; `None` if none of
/// these brings their means together, or more than one does.
pub(super) fn scale(mean_of_training: f64, mean_of_file: f64, may_be: [f64; 2]) -> Option<f64> {
    let is_alike = |factor: &f64| {
        let ratio = (mean_of_file * factor / mean_of_training).abs();
        mean_of_file * mean_of_training > 0.0 && (1.0 / ALIKE..=ALIKE).contains(&ratio)
    };
    let mut alike = may_be.into_iter().filter(is_alike);
    alike.next().filter(|_| alike.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_recognised_by_the_mean_of_the_training() {
        assert_eq!(scale(0.1, 12.5, [1.0, 0.01]), Some(0.01), "20 % where training had 0.2");
        assert_eq!(scale(11.0, 12.5, [1.0, 0.01]), Some(1.0), "20 % where training had 20");
        assert_eq!(scale(11.0, 0.125, [1.0, 100.0]), Some(100.0), "0.2 where training had 20 %");
        assert_eq!(scale(1.0, 10.0, [1.0, 0.01]), None, "neither is near");
        assert_eq!(scale(0.0, 0.0, [1.0, 0.01]), None);
    }
}
