//! Where a head is weak: traits of images among which it is right less often than among all others.

use std::collections::BTreeSet;

use super::chance::{Factorials, LEVEL, holm};
use super::traits::Trait;

/// Images with a trait of which a head is wrong beyond chance more often than of the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeakSpot {
    /// The trait.
    pub of: Trait,
    /// How many of the images with the trait are answered right, and how many there are.
    pub inside: (usize, usize),
    /// The same of the images without it.
    pub outside: (usize, usize),
    /// Fisher's exact test, two-sided, adjusted for the number of traits by Holm's method.
    pub p: f64,
}

/// The weak spots among evaluated images, the most certain first: for each image its traits, and whether
/// the head was right. A trait that all of them have, or none, is no question.
pub fn weak_spots(images: &[(Vec<Trait>, bool)]) -> Vec<WeakSpot> {
    let factorials = Factorials::up_to(images.len());
    let traits: BTreeSet<Trait> = images
        .iter()
        .flat_map(|(traits, _)| traits.clone())
        .collect();
    let spot = |of: Trait| {
        let (mut inside, mut outside) = ((0, 0), (0, 0));
        for (traits, is_right) in images {
            let part = match traits.contains(&of) {
                true => &mut inside,
                false => &mut outside,
            };
            part.0 += usize::from(*is_right);
            part.1 += 1;
        }
        let p = factorials.fisher(inside, outside);
        WeakSpot {
            of,
            inside,
            outside,
            p,
        }
    };
    let spots = traits.into_iter().map(spot);
    let mut spots: Vec<WeakSpot> = spots.filter(|it| it.outside.1 > 0).collect();
    let adjusted = holm(&spots.iter().map(|spot| spot.p).collect::<Vec<f64>>());
    spots
        .iter_mut()
        .zip(adjusted)
        .for_each(|(spot, p)| spot.p = p);
    let share = |(right, of): (usize, usize)| right as f64 / of.max(1) as f64;
    spots.retain(|spot| spot.p < LEVEL && share(spot.inside) < share(spot.outside));
    spots.sort_by(|a, b| a.p.total_cmp(&b.p).then(a.of.cmp(&b.of)));
    spots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::FileFormat;

    #[test]
    fn a_trait_is_named_where_it_makes_a_difference_and_nowhere_else() {
        let jpeg = Trait::Format(FileFormat::Jpeg);
        let images = (0..400).map(|at| {
            let is_dark = at % 10 == 0;
            let mut traits = vec![jpeg];
            traits.extend(is_dark.then_some(Trait::Dark));
            traits.extend((at % 7 == 0).then_some(Trait::Blurred));
            (traits, if is_dark { at % 20 == 0 } else { at % 19 != 0 })
        });
        let images: Vec<(Vec<Trait>, bool)> = images.collect();
        let spots = weak_spots(&images);
        assert_eq!(spots.len(), 1, "{spots:?}");
        assert_eq!((spots[0].of, spots[0].inside), (Trait::Dark, (20, 40)));
        assert_eq!(spots[0].outside.1, 360);
        assert!(spots[0].p < 1e-6);
        // The same shares among a few images may be chance.
        assert!(weak_spots(&images[..20]).is_empty());
        assert!(weak_spots(&[]).is_empty());
    }

    #[test]
    fn being_better_is_no_weakness() {
        let images = (0..200).map(|at| match at % 2 {
            0 => (vec![Trait::Light], true),
            _ => (Vec::new(), at % 4 == 1),
        });
        assert!(weak_spots(&images.collect::<Vec<_>>()).is_empty());
    }
}
