//! Limited-memory BFGS with a line search for the strong Wolfe conditions.
//!
//! Nocedal and Wright, "Numerical Optimization", second edition: algorithm 7.4 (two-loop
//! recursion), 7.5 (L-BFGS), 3.5 and 3.6 (line search). For a smooth convex function it converges
//! to the minimum.

use std::collections::VecDeque;

/// Pairs of steps and gradient changes that stand in for the Hessian.
const MEMORY: usize = 10;
/// Sufficient decrease and curvature: the usual constants for quasi-Newton directions.
const C1: f64 = 1e-4;
const C2: f64 = 0.9;
/// The part of its slope that is left where a line that costs little is flat enough.
const FLAT: f64 = 0.03;
const MAX_ITERATIONS: usize = 500;
const MAX_TRIALS: usize = 25;

/// How a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Steps that were made.
    pub iterations: usize,
    /// The function there.
    pub value: f64,
    /// False where the iterations ran out.
    pub converged: bool,
}

/// A function to be minimised.
///
/// The search goes along one direction after another. A function that is a sum over the products of
/// its point with many rows need not compute them anew for each point of a direction, since they are
/// linear in the point.
pub trait Function {
    /// The value at a point that has nothing to do with those before; its gradient is left in
    /// `gradient`.
    fn begin(&mut self, at: &[f64], gradient: &mut [f64]) -> f64;

    /// Has it that the search has gone a step of `taken` along the last direction, to `from`, and
    /// goes on along `direction`.
    fn turn(&mut self, _taken: f64, _from: &[f64], _direction: &[f64]) {}

    /// How far the search should go first along the direction, in which the function has this
    /// `slope`, if nothing better than `guess` is known; a slope of `flat` times that is flat enough.
    fn first(&mut self, guess: f64, _slope: f64, _flat: f64) -> f64 {
        guess
    }

    /// The value `at` a point that lies a step of `step` along the direction; its gradient is left
    /// in `gradient`.
    fn step(&mut self, step: f64, at: &[f64], gradient: &mut [f64]) -> f64;
}

impl<F: Fn(&[f64], &mut [f64]) -> f64> Function for F {
    fn begin(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
        self(at, gradient)
    }

    fn step(&mut self, _step: f64, at: &[f64], gradient: &mut [f64]) -> f64 {
        self(at, gradient)
    }
}

/// A point with the function's value and gradient there.
#[derive(Clone)]
struct Point {
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

/// A search for minima that remembers where it is and what it has seen of the function's curvature,
/// so that a function that is a little different can be minimised from there on.
#[derive(Debug)]
pub struct Search {
    at: Vec<f64>,
    memory: Memory,
}

impl Search {
    /// A search that starts `at` this point and knows nothing yet of the function.
    pub fn from(at: Vec<f64>) -> Self {
        Self {
            at,
            memory: Memory::default(),
        }
    }

    /// Where it is.
    pub fn at(&self) -> &[f64] {
        &self.at
    }

    /// Has it that the function from now on is larger by `curvature`/2 |x|^2 in the first `count`
    /// coordinates x.
    pub fn bend(&mut self, count: usize, curvature: f64) {
        self.memory.bend(count, curvature);
    }

    /// Minimises `function` until no component of its gradient is larger than `tolerance`. `step` is
    /// given the number of each step, from 0 on, and where it has led.
    ///
    /// It also stops where rounding leaves no way down, and takes that for the minimum.
    pub fn minimise(
        &mut self,
        function: &mut dyn Function,
        tolerance: f64,
        step: &mut dyn FnMut(usize, &[f64]),
    ) -> Outcome {
        let at = std::mem::take(&mut self.at);
        let mut gradient = vec![0.0; at.len()];
        let value = function.begin(&at, &mut gradient);
        let mut point = Point {
            at,
            value,
            gradient,
        };
        let (mut converged, mut iterations, mut taken) = (false, 0, 0.0);
        while iterations < MAX_ITERATIONS && point.value.is_finite() {
            converged = largest(&point.gradient) <= tolerance;
            if converged {
                break;
            }
            let Some(next) = self.memory.next(function, &point, taken) else {
                converged = true;
                break;
            };
            taken = next.step;
            self.memory.remember(&point, &next.point);
            point = next.point;
            step(iterations, &point.at);
            iterations += 1;
        }
        self.at = point.at;
        Outcome {
            iterations,
            value: point.value,
            converged,
        }
    }
}

/// The latest steps, from which the curvature is guessed.
#[derive(Debug, Default)]
struct Memory {
    pairs: VecDeque<Pair>,
}

/// In single precision, since they only guess, and are most of the memory that a search takes.
#[derive(Debug)]
struct Pair {
    step: Vec<f32>,
    change: Vec<f32>,
    /// step . change, positive.
    curvature: f64,
}

impl Pair {
    /// Whether the function bends upwards along the step by more than rounding.
    fn is_convex(&self) -> bool {
        self.curvature > 1e-10 * dot(&self.change, &self.change)
    }
}

impl Memory {
    /// The point that is searched next; none where rounding leaves no way down.
    fn next(&self, function: &mut dyn Function, point: &Point, taken: f64) -> Option<Trial> {
        let direction = self.direction(&point.gradient);
        let slope = dot(&point.gradient, &direction);
        if slope >= 0.0 {
            return None;
        }
        function.turn(taken, &point.at, &direction);
        // Without memory the direction is the raw gradient, whose length says nothing about the
        // step: a short one shows how long the next should be.
        let (guess, flat) = match self.pairs.is_empty() {
            true => (1.0 / norm(&point.gradient), C2),
            false => (1.0, FLAT),
        };
        let first = function.first(guess, slope, flat);
        let mut line = Line {
            function,
            from: point,
            direction: &direction,
            slope,
        };
        line.search(first)
    }

    /// The changes of the gradient as they would have been with more curvature in the first `count`
    /// coordinates.
    fn bend(&mut self, count: usize, curvature: f64) {
        for pair in &mut self.pairs {
            let bent = pair.change.iter_mut().zip(&pair.step).take(count);
            let curvature = curvature as f32;
            bent.for_each(|(change, step)| *change += curvature * step);
            pair.curvature = dot(&pair.step, &pair.change);
        }
        self.pairs.retain(|pair| pair.is_convex());
    }

    fn remember(&mut self, from: &Point, to: &Point) {
        let (step, change) = (
            difference(&to.at, &from.at),
            difference(&to.gradient, &from.gradient),
        );
        let curvature = dot(&step, &change);
        let pair = Pair {
            step,
            change,
            curvature,
        };
        if pair.is_convex() {
            self.pairs.push_back(pair);
        }
        if self.pairs.len() > MEMORY {
            self.pairs.pop_front();
        }
    }

    /// Minus the gradient times the guessed inverse Hessian (algorithm 7.4).
    fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut alphas = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let alpha = dot(&pair.step, &q) / pair.curvature;
            add_scaled(&mut q, -alpha, &pair.change);
            alphas.push(alpha);
        }
        if let Some(last) = self.pairs.back() {
            let gamma = last.curvature / dot(&last.change, &last.change);
            q.iter_mut().for_each(|q| *q *= gamma);
        }
        for (pair, alpha) in self.pairs.iter().zip(alphas.iter().rev()) {
            let beta = dot(&pair.change, &q) / pair.curvature;
            add_scaled(&mut q, alpha - beta, &pair.step);
        }
        q
    }
}

/// A trial step along the direction: its length, the point it leads to, and the slope there.
struct Trial {
    step: f64,
    point: Point,
    slope: f64,
}

/// A direction down from a point, and the slope there.
struct Line<'a> {
    function: &'a mut dyn Function,
    from: &'a Point,
    direction: &'a [f64],
    slope: f64,
}

impl Line<'_> {
    fn trial(&mut self, step: f64) -> Trial {
        let mut at = self.from.at.clone();
        add_scaled(&mut at, step, self.direction);
        let mut gradient = vec![0.0; at.len()];
        let value = self.function.step(step, &at, &mut gradient);
        Trial {
            step,
            slope: dot(&gradient, self.direction),
            point: Point {
                at,
                value,
                gradient,
            },
        }
    }

    /// Whether the step makes too little of the slope.
    fn is_too_high(&self, trial: &Trial) -> bool {
        trial.point.value > self.from.value + C1 * trial.step * self.slope
    }

    fn is_flat(&self, trial: &Trial) -> bool {
        trial.slope.abs() <= -C2 * self.slope
    }

    /// A point with the strong Wolfe conditions, or failing that one with a lower value (algorithm
    /// 3.5). None where there is no such point.
    fn search(&mut self, first: f64) -> Option<Trial> {
        let mut last = Trial {
            step: 0.0,
            point: self.from.clone(),
            slope: self.slope,
        };
        let mut step = first;
        for count in 0..MAX_TRIALS {
            let now = self.trial(step);
            let is_higher = count > 0 && now.point.value >= last.point.value;
            if self.is_too_high(&now) || is_higher {
                return self.zoom(last, now);
            }
            if self.is_flat(&now) {
                return Some(now);
            }
            if now.slope >= 0.0 {
                return self.zoom(now, last);
            }
            last = now;
            step *= 2.0;
        }
        (last.point.value < self.from.value).then_some(last)
    }

    /// Narrows the interval between `low`, the better end, and `high` (algorithm 3.6).
    fn zoom(&mut self, mut low: Trial, mut high: Trial) -> Option<Trial> {
        for _ in 0..MAX_TRIALS {
            let now = self.trial(between(&low, &high));
            if self.is_too_high(&now) || now.point.value >= low.point.value {
                high = now;
            } else {
                if self.is_flat(&now) {
                    return Some(now);
                }
                if now.slope * (high.step - low.step) >= 0.0 {
                    high = low;
                }
                low = now;
            }
        }
        (low.point.value < self.from.value).then_some(low)
    }
}

/// The minimum of the parabola through both values and the slope at `low`, kept away from the ends.
fn between(low: &Trial, high: &Trial) -> f64 {
    let width = high.step - low.step;
    let bend = high.point.value - low.point.value - low.slope * width;
    let guess = -low.slope * width / (2.0 * bend);
    let share = if guess.is_finite() {
        guess.clamp(0.1, 0.9)
    } else {
        0.5
    };
    low.step + share * width
}

/// In lanes, which do not wait for one another.
fn dot<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: &[A], b: &[B]) -> f64 {
    let (x, y) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let product = |(&a, &b): (&A, &B)| a.into() * b.into();
    let mut lanes = [0.0; 8];
    for (a, b) in x.0.iter().zip(y.0) {
        let products = a.iter().zip(b).map(product);
        lanes
            .iter_mut()
            .zip(products)
            .for_each(|(lane, product)| *lane += product);
    }
    let rest = x.1.iter().zip(y.1).map(product);
    lanes.into_iter().sum::<f64>() + rest.sum::<f64>()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn largest(a: &[f64]) -> f64 {
    a.iter()
        .fold(0.0, |largest, value| largest.max(value.abs()))
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| (a - b) as f32).collect()
}

fn add_scaled<B: Copy + Into<f64>>(a: &mut [f64], scale: f64, b: &[B]) {
    a.iter_mut()
        .zip(b)
        .for_each(|(a, &b)| *a += scale * b.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimise(
        function: &mut dyn Function,
        start: Vec<f64>,
        tolerance: f64,
    ) -> (Vec<f64>, Outcome) {
        let mut search = Search::from(start);
        let outcome = search.minimise(function, tolerance, &mut |_, _| ());
        (search.at, outcome)
    }

    #[test]
    fn finds_the_minimum_of_an_ill_conditioned_parabola() {
        let mut function = |x: &[f64], g: &mut [f64]| {
            let mut value = 0.0;
            for (i, (x, g)) in x.iter().zip(g).enumerate() {
                let weight = 10f64.powi(i as i32);
                *g = weight * (x - 1.0);
                value += weight / 2.0 * (x - 1.0).powi(2);
            }
            value
        };
        let (at, outcome) = minimise(&mut function, vec![0.0; 5], 1e-8);
        assert!(outcome.converged, "{outcome:?}");
        assert!(at.iter().all(|x| (x - 1.0).abs() < 1e-7), "{at:?}");
    }

    #[test]
    fn finds_its_way_through_rosenbrocks_valley() {
        let mut function = |x: &[f64], g: &mut [f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            g[0] = -2.0 * a - 400.0 * x[0] * b;
            g[1] = 200.0 * b;
            a * a + 100.0 * b * b
        };
        let (at, outcome) = minimise(&mut function, vec![-1.2, 1.0], 1e-8);
        assert!(outcome.converged && outcome.iterations < 60, "{outcome:?}");
        assert!((at[0] - 1.0).abs() < 1e-6 && (at[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn stays_where_it_is_at_a_minimum() {
        let mut function = |x: &[f64], g: &mut [f64]| {
            g[0] = 2.0 * x[0];
            x[0] * x[0]
        };
        let (at, outcome) = minimise(&mut function, vec![0.0], 1e-8);
        assert_eq!((at, outcome.iterations), (vec![0.0], 0));
    }

    #[test]
    fn gives_up_on_a_function_without_a_minimum() {
        let mut function = |x: &[f64], g: &mut [f64]| {
            g[0] = 1.0;
            x[0]
        };
        let (at, _) = minimise(&mut function, vec![0.0], 1e-8);
        assert!(at[0] < -1e6);
    }

    #[test]
    fn what_was_seen_of_a_parabola_serves_for_one_that_is_bent_more() {
        // The first four of five coordinates get a curvature of 3 more.
        let bent = |by: f64| {
            move |x: &[f64], g: &mut [f64]| {
                let mut value = 0.0;
                for (i, (x, g)) in x.iter().zip(g).enumerate() {
                    let weight = 10f64.powi(i as i32) + if i < 4 { by } else { 0.0 };
                    *g = weight * x - 1.0;
                    value += weight / 2.0 * x * x - x;
                }
                value
            }
        };
        let mut search = Search::from(vec![0.0; 5]);
        search.minimise(&mut bent(0.0), 1e-9, &mut |_, _| ());
        search.bend(4, 3.0);
        for pair in &search.memory.pairs {
            for (i, (step, change)) in pair.step.iter().zip(&pair.change).enumerate() {
                let weight = 10f64.powi(i as i32) + if i < 4 { 3.0 } else { 0.0 };
                let error = f64::from(*change) - weight * f64::from(*step);
                assert!(error.abs() < 1e-6 * weight);
            }
        }
        let warm = search.minimise(&mut bent(3.0), 1e-9, &mut |_, _| ());
        let (at, cold) = minimise(&mut bent(3.0), vec![0.0; 5], 1e-9);
        assert!(search.at.iter().zip(&at).all(|(a, b)| (a - b).abs() < 1e-8));
        assert!(warm.iterations < cold.iterations, "{warm:?} {cold:?}");
    }
}
