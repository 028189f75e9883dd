package io.moldau.programs.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;

/// A worker's REST interface, as an operator uses it.
final class Rest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final int port;

    record Answer(int status, JsonNode body) {}

    Rest(int port) {
        this.port = port;
    }

    Answer call(String method, String path, Object body) throws IOException, InterruptedException {
        var publisher = body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body));
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(95))
                .header("Content-Type", "application/json")
                .method(method, publisher)
                .build();
        var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        return new Answer(
                answer.statusCode(), answer.body().isEmpty() ? JSON.createObjectNode() : JSON.readTree(answer.body()));
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        var answer = call("GET", path, null);
        if (answer.status() != 200) {
            throw new IOException(path + " answered " + answer.status() + ": " + answer.body());
        }
        return answer.body();
    }

    /// Calls until the answer is the one wanted: a worker that is rebalancing says 409.
    void insist(String method, String path, Object body, int wanted) {
        io.moldau.programs.Checks.await(method + " " + path + " answers " + wanted, Duration.ofSeconds(90), () -> {
            var answer = call(method, path, body);
            if (answer.status() != wanted) {
                System.out.println("        " + method + " " + path + ": " + answer.status() + " " + answer.body());
            }
            return answer.status() == wanted;
        });
    }

    void create(String name, Map<String, String> config) {
        insist("POST", "/connectors", Map.of("name", name, "config", config), 201);
    }

    /// Connector and, unless it is stopped, its one task are in this state.
    boolean is(String name, String state) throws IOException, InterruptedException {
        var status = get("/connectors/" + name + "/status");
        if (!status.path("connector").path("state").asText().equals(state)) {
            return false;
        }
        return state.equals("STOPPED")
                ? status.path("tasks").isEmpty()
                : status.path("tasks").size() == 1
                        && status.path("tasks").get(0).path("state").asText().equals(state);
    }

    void await(String name, String state) {
        io.moldau.programs.Checks.await(name + " is " + state, Duration.ofSeconds(90), () -> is(name, state));
    }
}
