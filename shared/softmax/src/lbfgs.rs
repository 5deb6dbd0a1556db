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

    /// Minimises `function`, which returns its value and leaves its gradient in its second
    /// argument, until no component of the gradient is larger than `tolerance`. `step` is given the
    /// number of each step, from 0 on, and where it has led.
    ///
    /// It also stops where rounding leaves no way down, and takes that for the minimum.
    pub fn minimise(
        &mut self,
        function: &dyn Fn(&[f64], &mut [f64]) -> f64,
        tolerance: f64,
        step: &mut dyn FnMut(usize, &[f64]),
    ) -> Outcome {
        let evaluate = |at: Vec<f64>| {
            let mut gradient = vec![0.0; at.len()];
            let value = function(&at, &mut gradient);
            Point {
                at,
                value,
                gradient,
            }
        };
        let mut point = evaluate(std::mem::take(&mut self.at));
        let mut converged = false;
        let mut iterations = 0;
        while iterations < MAX_ITERATIONS && point.value.is_finite() {
            converged = largest(&point.gradient) <= tolerance;
            if converged {
                break;
            }
            let Some(next) = self.memory.next(&evaluate, &point) else {
                converged = true;
                break;
            };
            self.memory.remember(&point, &next);
            point = next;
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

#[derive(Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
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
    fn next(&mut self, evaluate: &dyn Fn(Vec<f64>) -> Point, point: &Point) -> Option<Point> {
        let direction = self.direction(&point.gradient);
        // Without memory the direction is the raw gradient, whose length says nothing about the
        // step.
        let length = if self.pairs.is_empty() {
            1.0 / norm(&point.gradient).max(1.0)
        } else {
            1.0
        };
        search(evaluate, point, &direction, length)
    }

    /// The changes of the gradient as they would have been with more curvature in the first `count`
    /// coordinates.
    fn bend(&mut self, count: usize, curvature: f64) {
        for pair in &mut self.pairs {
            let bent = pair.change.iter_mut().zip(&pair.step).take(count);
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

/// A point along `direction` with the strong Wolfe conditions, or failing that one with a lower
/// value (algorithm 3.5). None where there is no such point.
fn search(
    evaluate: &dyn Fn(Vec<f64>) -> Point,
    from: &Point,
    direction: &[f64],
    first: f64,
) -> Option<Point> {
    let slope = dot(&from.gradient, direction);
    if slope >= 0.0 {
        return None;
    }
    let trial = |step: f64| {
        let mut at = from.at.clone();
        add_scaled(&mut at, step, direction);
        let point = evaluate(at);
        Trial {
            step,
            slope: dot(&point.gradient, direction),
            point,
        }
    };
    let mut last = Trial {
        step: 0.0,
        point: from.clone(),
        slope,
    };
    let mut step = first;
    for count in 0..MAX_TRIALS {
        let now = trial(step);
        let too_high = now.point.value > from.value + C1 * step * slope;
        if too_high || (count > 0 && now.point.value >= last.point.value) {
            return zoom(&trial, from, slope, last, now);
        }
        if now.slope.abs() <= -C2 * slope {
            return Some(now.point);
        }
        if now.slope >= 0.0 {
            return zoom(&trial, from, slope, now, last);
        }
        last = now;
        step *= 2.0;
    }
    (last.point.value < from.value).then_some(last.point)
}

/// Narrows the interval between `low`, the better end, and `high` (algorithm 3.6).
fn zoom(
    trial: &dyn Fn(f64) -> Trial,
    from: &Point,
    slope: f64,
    mut low: Trial,
    mut high: Trial,
) -> Option<Point> {
    for _ in 0..MAX_TRIALS {
        let now = trial(between(&low, &high));
        let too_high = now.point.value > from.value + C1 * now.step * slope;
        if too_high || now.point.value >= low.point.value {
            high = now;
        } else {
            if now.slope.abs() <= -C2 * slope {
                return Some(now.point);
            }
            if now.slope * (high.step - low.step) >= 0.0 {
                high = low;
            }
            low = now;
        }
    }
    (low.point.value < from.value).then_some(low.point)
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
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (x, y) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (a, b) in x.0.iter().zip(y.0) {
        let products = a.iter().zip(b).map(|(a, b)| a * b);
        lanes
            .iter_mut()
            .zip(products)
            .for_each(|(lane, product)| *lane += product);
    }
    let rest = x.1.iter().zip(y.1).map(|(a, b)| a * b);
    lanes.into_iter().sum::<f64>() + rest.sum::<f64>()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn largest(a: &[f64]) -> f64 {
    a.iter()
        .fold(0.0, |largest, value| largest.max(value.abs()))
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn add_scaled(a: &mut [f64], scale: f64, b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += scale * b);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimise(
        function: &dyn Fn(&[f64], &mut [f64]) -> f64,
        start: Vec<f64>,
        tolerance: f64,
    ) -> (Vec<f64>, Outcome) {
        let mut search = Search::from(start);
        let outcome = search.minimise(function, tolerance, &mut |_, _| ());
        (search.at, outcome)
    }

    #[test]
    fn finds_the_minimum_of_an_ill_conditioned_parabola() {
        let function = |x: &[f64], g: &mut [f64]| {
            let mut value = 0.0;
            for (i, (x, g)) in x.iter().zip(g).enumerate() {
                let weight = 10f64.powi(i as i32);
                *g = weight * (x - 1.0);
                value += weight / 2.0 * (x - 1.0).powi(2);
            }
            value
        };
        let (at, outcome) = minimise(&function, vec![0.0; 5], 1e-8);
        assert!(outcome.converged, "{outcome:?}");
        assert!(at.iter().all(|x| (x - 1.0).abs() < 1e-7), "{at:?}");
    }

    #[test]
    fn finds_its_way_through_rosenbrocks_valley() {
        let function = |x: &[f64], g: &mut [f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            g[0] = -2.0 * a - 400.0 * x[0] * b;
            g[1] = 200.0 * b;
            a * a + 100.0 * b * b
        };
        let (at, outcome) = minimise(&function, vec![-1.2, 1.0], 1e-8);
        assert!(outcome.converged && outcome.iterations < 60, "{outcome:?}");
        assert!((at[0] - 1.0).abs() < 1e-6 && (at[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn stays_where_it_is_at_a_minimum() {
        let function = |x: &[f64], g: &mut [f64]| {
            g[0] = 2.0 * x[0];
            x[0] * x[0]
        };
        let (at, outcome) = minimise(&function, vec![0.0], 1e-8);
        assert_eq!((at, outcome.iterations), (vec![0.0], 0));
    }

    #[test]
    fn gives_up_on_a_function_without_a_minimum() {
        let function = |x: &[f64], g: &mut [f64]| {
            g[0] = 1.0;
            x[0]
        };
        let (at, _) = minimise(&function, vec![0.0], 1e-8);
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
        search.minimise(&bent(0.0), 1e-9, &mut |_, _| ());
        search.bend(4, 3.0);
        for pair in &search.memory.pairs {
            for (i, (step, change)) in pair.step.iter().zip(&pair.change).enumerate() {
                let weight = 10f64.powi(i as i32) + if i < 4 { 3.0 } else { 0.0 };
                assert!((change - weight * step).abs() < 1e-9 * weight);
            }
        }
        let warm = search.minimise(&bent(3.0), 1e-9, &mut |_, _| ());
        let (at, cold) = minimise(&bent(3.0), vec![0.0; 5], 1e-9);
        assert!(search.at.iter().zip(&at).all(|(a, b)| (a - b).abs() < 1e-8));
        assert!(warm.iterations < cold.iterations, "{warm:?} {cold:?}");
    }
}
