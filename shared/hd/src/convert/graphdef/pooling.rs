//! Operations that join, surround or sum up planes, and those that make vectors of them.

use super::convert::{Added, Converter, NodeOutput};
use super::layer::{MOST, Plane, list, window};
use super::order::data;
use super::proto::NodeDef;

impl<'a> Converter<'a> {
    /// The channels of several planes behind each other.
    pub(super) fn concat(&mut self, node: &'a NodeDef) -> Added {
        let inputs: Vec<&str> = node.input.iter().filter_map(|input| data(input)).collect();
        // The axis was the first input, and is the last.
        let (axis, inputs) = match (node.op.as_str(), inputs.as_slice()) {
            ("Concat", [_, rest @ ..]) => (0, rest),
            (_, [rest @ .., _]) => (rest.len(), rest),
            _ => return Err("it has no inputs".to_owned()),
        };
        match self.constant(node, axis)?.integers() {
            Some([3 | -1]) => {}
            other => return Err(format!("it joins along {other:?}, not the channels")),
        }
        let mut joined: Option<Plane> = None;
        let mut names = Vec::new();
        for name in inputs {
            let NodeOutput::Plane(plane) = self.activation(name)? else {
                return Err(format!("'{name}' is not a plane of pixels"));
            };
            let channels = joined.as_ref().map_or(0, |joined| joined.channels);
            let sides = (plane.height, plane.width);
            if joined.is_some_and(|joined| (joined.height, joined.width) != sides) {
                return Err("its inputs differ in size".to_owned());
            }
            names.push(plane.name.clone());
            joined = Some(Plane {
                channels: channels + plane.channels,
                ..plane
            });
        }
        let joined = joined.filter(|joined| joined.channels <= MOST);
        let joined = joined.ok_or("it has no inputs, or too many channels")?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let name = self.builder.concat(&node.name, &names);
        Ok(NodeOutput::Plane(Plane { name, ..joined }))
    }

    /// Zeros around a plane.
    pub(super) fn pad(&mut self, node: &'a NodeDef) -> Added {
        let plane = self.plane(node)?;
        let &[0, 0, top, bottom, left, right, 0, 0] =
            self.constant(node, 1)?.integers().unwrap_or_default()
        else {
            return Err("it pads more than rows and columns".to_owned());
        };
        let pads = [top, left, bottom, right].map(i64::from);
        if pads.iter().any(|pad| !(0..=MOST).contains(pad)) {
            return Err(format!("it pads by {pads:?}"));
        }
        let [top, left, bottom, right] = pads;
        let name = self.builder.pad(&node.name, &plane.name, pads);
        Ok(NodeOutput::Plane(Plane {
            name,
            channels: plane.channels,
            height: plane.height + top + bottom,
            width: plane.width + left + right,
        }))
    }

    pub(super) fn max_pool(&mut self, node: &'a NodeDef) -> Added {
        let plane = self.plane(node)?;
        let (window, [height, width]) = window(node, &plane, kernel(node)?)?;
        let name = self.builder.max_pool(&node.name, &plane.name, &window);
        Ok(NodeOutput::Plane(Plane {
            name,
            height,
            width,
            ..plane
        }))
    }

    pub(super) fn average_pool(&mut self, node: &'a NodeDef) -> Added {
        let plane = self.plane(node)?;
        let (window, [height, width]) = window(node, &plane, kernel(node)?)?;
        let whole = window.kernel == [plane.height, plane.width] && window.pads == [0; 4];
        let name = match whole {
            true => self.builder.global_average_pool(&node.name, &plane.name),
            false => self.builder.average_pool(&node.name, &plane.name, &window),
        };
        Ok(NodeOutput::Plane(Plane {
            name,
            height,
            width,
            ..plane
        }))
    }

    /// The mean over all pixels.
    pub(super) fn mean(&mut self, node: &'a NodeDef) -> Added {
        let plane = self.plane(node)?;
        let axes = self.constant(node, 1)?.integers().unwrap_or_default();
        if !matches!(axes, [1, 2] | [2, 1] | [-3, -2]) {
            return Err(format!("it is over the axes {axes:?}, not over the pixels"));
        }
        let name = self.builder.global_average_pool(&node.name, &plane.name);
        Ok(NodeOutput::Plane(Plane {
            name,
            height: 1,
            width: 1,
            ..plane
        }))
    }

    pub(super) fn squeeze(&mut self, node: &'a NodeDef) -> Added {
        let plane = self.plane(node)?;
        let axes = list(node, "squeeze_dims").unwrap_or_default();
        match (plane.height, plane.width, axes) {
            (1, 1, [] | [1, 2] | [-3, -2]) => Ok(self.vector(node, &plane.name, plane.channels)),
            _ => Err(format!(
                "it squeezes the axes {axes:?} of {} x {} pixels",
                plane.height, plane.width
            )),
        }
    }

    pub(super) fn reshape(&mut self, node: &'a NodeDef) -> Added {
        let shape = self
            .constant(node, 1)?
            .integers()
            .unwrap_or_default()
            .to_vec();
        let input = node.input.first().and_then(|input| data(input));
        let (name, values) = match self.activation(input.ok_or("it has no input")?)? {
            NodeOutput::Vector(name, values) => (name, values),
            NodeOutput::Plane(plane) if (plane.height, plane.width) == (1, 1) => {
                (plane.name, plane.channels)
            }
            _ => return Err("its input is not one vector an image".to_owned()),
        };
        match shape.as_slice() {
            &[_, last] if last == -1 || i64::from(last) == values => {
                Ok(self.vector(node, &name, values))
            }
            _ => Err(format!("it makes {shape:?} of {values} values an image")),
        }
    }

    fn vector(&mut self, node: &NodeDef, input: &str, values: i64) -> NodeOutput {
        NodeOutput::Vector(self.builder.flatten(&node.name, input), values)
    }
}

/// Rows and columns of a pool's window.
fn kernel(node: &NodeDef) -> Added<[i64; 2]> {
    match list(node, "ksize") {
        Some([1, height, width, 1]) => Ok([*height, *width]),
        _ => Err("its window is not two numbers".to_owned()),
    }
}
