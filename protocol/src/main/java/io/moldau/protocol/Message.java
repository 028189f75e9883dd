package io.moldau.protocol;

/// Something that can be written in a version of the protocol.
public interface Message {
    /// @throws UnsupportedFieldException if a field is set that this version cannot carry
    void write(ByteWriter out, short version);
}
