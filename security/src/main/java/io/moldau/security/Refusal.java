package io.moldau.security;

import io.moldau.protocol.ErrorCode;

/// Why something was not done, and what to do about it.
public record Refusal(ErrorCode error, String reason) {}
