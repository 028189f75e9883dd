package io.moldau.records;

/// Whose clock a batch's timestamps come from (attribute bit 3).
public enum TimestampType {
    CREATE_TIME,
    LOG_APPEND_TIME
}
