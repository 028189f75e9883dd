package io.moldau.protocol;

import io.moldau.protocol.generator.Field;
import io.moldau.protocol.generator.FieldType;
import io.moldau.protocol.generator.FieldType.Array;
import io.moldau.protocol.generator.FieldType.Primitive;
import io.moldau.protocol.generator.FieldType.Struct;
import io.moldau.protocol.generator.Schema;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/// The same random content twice: in our record and in Kafka's class.
/// @param ours our value, null if absent
/// @param theirs theirs
record RandomMessage(@Nullable Object ours, @Nullable Object theirs) {

    static RandomMessage of(Schema schema, short version, Random random) {
        return new Filler(schema, version, random)
                .struct(Reflection.ours(schema), Reflection.theirs(schema), schema.fields());
    }

    private record Filler(Schema schema, short version, Random random) {
        RandomMessage struct(Class<?> oursType, Class<?> theirsType, List<Field> fields) {
            var builder = Reflection.call(Reflection.method(oursType, "builder", 0), null);
            var theirs = Reflection.create(theirsType);
            for (var field : fields) {
                if (!field.versions().contains(version) || random.nextInt(8) == 0) continue;
                var setter = Reflection.method(theirsType, "set" + upper(field.name()), 1);
                var value = value(field, setter.getParameterTypes()[0]);
                Reflection.call(Reflection.method(builder.getClass(), field.javaName(), 1), builder, value.ours);
                Reflection.call(setter, theirs, value.theirs);
            }
            fillRequired(fields, builder, theirs);
            return new RandomMessage(
                    Reflection.call(Reflection.method(builder.getClass(), "build", 0), builder), theirs);
        }

        /// Kafka has no default for record batches that must not be null.
        private void fillRequired(List<Field> fields, Object builder, Object theirs) {
            for (var field : fields) {
                if (!(field.type() instanceof Primitive p)
                        || !p.wire().equals("records")
                        || field.nullable().contains(version)) continue;
                var bytes = randomBytes(4000);
                Reflection.call(
                        Reflection.method(builder.getClass(), field.javaName(), 1),
                        builder,
                        Payload.of(ByteBuffer.wrap(bytes)));
                Reflection.call(
                        Reflection.method(theirs.getClass(), "set" + upper(field.name()), 1),
                        theirs,
                        MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)));
            }
        }

        private RandomMessage value(Field field, Class<?> theirsType) {
            if (field.nullable().contains(version) && random.nextInt(5) == 0) return new RandomMessage(null, null);
            return switch (field.type()) {
                case Array(FieldType element) -> {
                    var ours = new ArrayList<@Nullable Object>();
                    var theirs = theirsType == List.class ? new ArrayList<>() : collection(theirsType);
                    int count = random.nextInt(4);
                    for (int i = 0; i < count; i++) {
                        var one = single(element, Object.class);
                        ours.add(one.ours);
                        theirs.add(one.theirs);
                    }
                    yield new RandomMessage(ours, theirs);
                }
                case FieldType single -> single(single, theirsType);
            };
        }

        @SuppressWarnings("unchecked")
        private static Collection<@Nullable Object> collection(Class<?> type) {
            return (Collection<@Nullable Object>) Reflection.create(type);
        }

        private RandomMessage single(FieldType type, Class<?> theirsType) {
            return switch (type) {
                case Struct(var name) ->
                    struct(
                            Reflection.nested(Reflection.ours(schema), name),
                            Reflection.nested(Reflection.theirs(schema), name),
                            fieldsOf(name));
                case Primitive p -> primitive(p.wire(), theirsType);
                case Array array -> throw new AssertionError("arrays of arrays");
            };
        }

        private List<Field> fieldsOf(String struct) {
            var fields = schema.structs().get(struct);
            if (fields == null) throw new AssertionError(struct);
            return fields;
        }

        private RandomMessage primitive(String wire, Class<?> theirsType) {
            return switch (wire) {
                case "bool" -> same(random.nextBoolean());
                case "int8" -> same((byte) random.nextInt());
                case "int16" -> same((short) random.nextInt());
                case "uint16" -> same(random.nextInt(0x10000));
                case "int32" -> same(random.nextInt());
                case "uint32" -> same(random.nextLong(0x1_0000_0000L));
                case "int64" -> same(random.nextLong());
                case "float64" -> same(random.nextDouble());
                case "string" -> same(string());
                case "uuid" -> {
                    long most = random.nextLong();
                    long least = random.nextLong();
                    yield new RandomMessage(new Uuid(most, least), new org.apache.kafka.common.Uuid(most, least));
                }
                case "bytes" -> {
                    var bytes = randomBytes(200);
                    yield new RandomMessage(
                            ByteBuffer.wrap(bytes), theirsType == byte[].class ? bytes : ByteBuffer.wrap(bytes));
                }
                case "records" -> {
                    var bytes = randomBytes(4000);
                    yield new RandomMessage(
                            Payload.of(ByteBuffer.wrap(bytes)), MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)));
                }
                default -> throw new AssertionError(wire);
            };
        }

        private static RandomMessage same(Object value) {
            return new RandomMessage(value, value);
        }

        private String string() {
            int length = random.nextInt(10) == 0 ? random.nextInt(400) : random.nextInt(12);
            var text = new StringBuilder();
            for (int i = 0; i < length; i++) text.append("aZ9-._äß€𝄞 ".codePointAt(random.nextInt(9)) & 0xffff);
            return text.toString();
        }

        private byte[] randomBytes(int below) {
            var bytes = new byte[random.nextInt(below)];
            random.nextBytes(bytes);
            return bytes;
        }
    }

    private static String upper(String name) {
        return Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    /// Both sides' classes by the names of their schemas.
    static final class Reflection {
        private Reflection() {}

        static Class<?> ours(Schema schema) {
            return type(schema.kind().packageName() + "." + schema.name());
        }

        static Class<?> theirs(Schema schema) {
            return switch (schema.kind()) {
                case REQUEST, RESPONSE, HEADER -> type("org.apache.kafka.common.message." + schema.name() + "Data");
                case DATA -> type("org.apache.kafka.common.message." + schema.name());
                case COORDINATOR_KEY, COORDINATOR_VALUE -> {
                    for (var coordinator : List.of("group", "transaction", "share")) {
                        try {
                            yield Class.forName(
                                    "org.apache.kafka.coordinator." + coordinator + ".generated." + schema.name());
                        } catch (ClassNotFoundException e) {
                            // It belongs to one of the others.
                        }
                    }
                    throw new AssertionError(schema.name());
                }
            };
        }

        private static Class<?> type(String name) {
            try {
                return Class.forName(name);
            } catch (ClassNotFoundException e) {
                throw new AssertionError(name, e);
            }
        }

        static Class<?> nested(Class<?> owner, String name) {
            return type(owner.getName() + "$" + name);
        }

        static Method method(Class<?> owner, String name, int parameters) {
            for (var method : owner.getMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == parameters) return method;
            }
            throw new AssertionError(owner + "." + name);
        }

        static Object create(Class<?> type) {
            try {
                return type.getConstructor().newInstance();
            } catch (ReflectiveOperationException e) {
                throw new LinkageError(type.getName(), e);
            }
        }

        @SuppressWarnings("NullAway") // null is the receiver of a static method
        static Object call(Method method, @Nullable Object receiver, @Nullable Object... arguments) {
            try {
                return method.invoke(receiver, arguments);
            } catch (java.lang.reflect.InvocationTargetException e) {
                if (e.getCause() instanceof RuntimeException cause) throw cause;
                throw new AssertionError(method.toString(), e);
            } catch (ReflectiveOperationException e) {
                throw new LinkageError(method.toString(), e);
            }
        }
    }
}
