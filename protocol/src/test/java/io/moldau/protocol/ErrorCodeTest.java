package io.moldau.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {
    @Test
    void everyCodeHasKafkasNumberNameAndRetriability() {
        assertThat(ErrorCode.values()).hasSameSizeAs(Errors.values());
        for (var theirs : Errors.values()) {
            var ours = ErrorCode.of(theirs.code());
            assertThat(ours.code()).isEqualTo(theirs.code());
            assertThat(ours.name()).isEqualTo(theirs.name());
            assertThat(ours.retriable()).as(ours.name()).isEqualTo(theirs.exception() instanceof RetriableException);
        }
    }

    @Test
    void everyCodeSaysInOneSentenceWhatItMeans() {
        for (var error : ErrorCode.values())
            assertThat(error.text()).endsWith(".").hasSizeBetween(5, 100);
    }

    @Test
    void aCodeFromTheFutureIsAnUnknownError() {
        assertThat(ErrorCode.of((short) 30_000)).isEqualTo(ErrorCode.UNKNOWN_SERVER_ERROR);
        assertThat(ErrorCode.of((short) -2)).isEqualTo(ErrorCode.UNKNOWN_SERVER_ERROR);
    }
}
