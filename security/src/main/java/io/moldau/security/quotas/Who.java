package io.moldau.security.quotas;

/// Whose use is counted. A quota for a user counts all of his clients together, under the client id "".
public record Who(String user, String clientId) {}
