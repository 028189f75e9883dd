/// What clients do, written against the calls that kafka-clients has had from 2.8 to 4.3, so that the same classes
/// run with each version in a class loader of its own.
package io.moldau.conformance.scenario;
