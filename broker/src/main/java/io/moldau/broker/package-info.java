/// One handler per API key; life cycle, settings.
@NullMarked
package io.moldau.broker;

import org.jspecify.annotations.NullMarked;
