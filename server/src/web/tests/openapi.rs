//! The API's description: what is in it is there, what is there is in it.

use serde_json::Value;

use super::say;
use crate::daemon::tests::lab;

const METHODS: [&str; 6] = ["get", "post", "put", "delete", "patch", "trace"];

/// Every place that a `$ref` names.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(place) if name == "$ref" => found.push(place.to_owned()),
                    _ => references(field, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|one| references(one, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else() {
    assert!(
        !include_str!("../mod.rs").contains(".route("),
        "a route without a description"
    );
    let lab = lab();
    let description = say(&lab, None, "GET /openapi.json", None).await.body;
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(
        description["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() >= 12, "{paths:?}");
    for (path, item) in paths {
        let place = path
            .replace("{number}", "1")
            .replace("{name}", "alice")
            .replace("{secret}", "x");
        for method in METHODS {
            let line = format!("{} {place}", method.to_uppercase());
            let answer = say(&lab, None, &line, None).await;
            let Some(operation) = item.get(method) else {
                assert_eq!(answer.status.as_u16(), 405, "{line} is not described");
                continue;
            };
            let status = answer.status.as_u16();
            assert!(status != 404 && status != 405 && status < 500, "{line}: {status}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.contains_key(&status.to_string()),
                "{line}: {status} is not described"
            );
            for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
                let problem = &response["content"]["application/problem+json"]["schema"];
                assert_eq!(problem["$ref"], "#/components/schemas/Problem", "{line}: {status}");
            }
            let is_open = path == "/openapi.json"
                || path == "/ca.pem"
                || path.starts_with("/v1/hooks/")
                || line.starts_with("POST /v1/session");
            assert_eq!(operation["security"].is_array(), !is_open, "{line}");
        }
    }
    let mut places = Vec::new();
    references(&description, &mut places);
    assert!(!places.is_empty());
    for place in places {
        assert!(description.pointer(&place[1..]).is_some(), "{place}");
    }
    let parameters = description["paths"]["/v1/messages"]["get"]["parameters"]
        .as_array()
        .unwrap();
    let names: Vec<_> = parameters.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["in", "before", "after", "limit"]);
}

#[tokio::test]
async fn the_description_is_sent_once() {
    let lab = lab();
    let first = say(&lab, None, "GET /openapi.json", None).await;
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("content-language"), Some("en"));
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    let tag = first.header("etag").unwrap();
    for (known, status) in [
        (tag, "304"),
        (&format!("\"x\", W/{tag}"), "304"),
        ("*", "304"),
        ("\"x\"", "200"),
    ] {
        let fields = format!("Host: localhost\r\nConnection: close\r\nIf-None-Match: {known}");
        let answer = lab
            .exchange(&format!("GET /openapi.json HTTP/1.1\r\n{fields}\r\n\r\n"))
            .await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{known}: {answer}");
        assert!(answer.contains(&format!("etag: {tag}")), "{answer}");
        assert_eq!(answer.ends_with("\r\n\r\n"), status == "304", "{answer}");
    }
}
