//! Texts of a pipeline with the pipeline's variables.

use crate::driver::{DriverError, ErrorKind, Render};
use crate::frontend::fleetfile::host_variables;
use crate::model::{Host, Text};
use crate::template::Map;
use std::sync::Arc;

/// Renders with one set of variables.
pub struct Renderer {
    /// Variables of the run and the pipeline.
    pub variables: Arc<Map>,
}

impl Render for Renderer {
    fn render(&self, text: &Text, host: Option<&Host>) -> Result<String, DriverError> {
        if text.is_plain() {
            return Ok(text.raw().to_owned());
        }
        let failed = |error: &dyn std::fmt::Display| DriverError::new(ErrorKind::Other, error.to_string());
        let template = text.template().map_err(|error| failed(error))?;
        let rendered = match host {
            None => template.render(&*self.variables),
            Some(host) => {
                let mut variables = (*self.variables).clone();
                variables.extend(host_variables(host));
                template.render(&variables)
            }
        };
        rendered.map_err(|error| failed(&error))
    }
}
