/// Producer, consumer, admin.
@NullMarked
package io.moldau.client;

import org.jspecify.annotations.NullMarked;
