package io.moldau.groups;

/// Told what a group was decided, and why.
public interface Explanations {
    void note(String groupId, String what);
}
