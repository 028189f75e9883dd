package io.moldau.programs.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.Trigger;

/// `stream`: upper-cases the values of a topic into another topic (at least once, which is what Spark's sink for Kafka
/// promises) and into files (exactly once), each with a checkpoint. `files`, `topic`: reads what is there as a table.
public final class Job {
    static final String IN = "spark-in";
    static final String OUT = "spark-out";

    private Job() {}

    public static void main(String[] arguments) throws Exception {
        var task = arguments[0];
        var bootstrap = arguments[1];
        var directory = Path.of(arguments[2]);
        var spark = SparkSession.builder()
                .master("local[2]")
                .appName("moldau")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.local.dir", directory.resolve("spark-local").toString())
                .getOrCreate();
        var files = directory.resolve("files").toString();
        switch (task) {
            case "stream" -> stream(spark, bootstrap, directory, files);
            case "files" -> write(spark.read().text(files).as(Encoders.STRING()), directory.resolve("files.txt"));
            default -> {
                var rows = spark.read()
                        .format("kafka")
                        .options(kafka(bootstrap))
                        .option("subscribe", IN)
                        .load();
                write(rows.selectExpr("CAST(value AS STRING)").as(Encoders.STRING()), directory.resolve("topic.txt"));
            }
        }
        spark.stop();
    }

    private static Map<String, String> kafka(String bootstrap) {
        return Map.of("kafka.bootstrap.servers", bootstrap);
    }

    private static void stream(SparkSession spark, String bootstrap, Path directory, String files) throws Exception {
        var upper = upper(spark, bootstrap);
        upper.writeStream()
                .format("kafka")
                .options(kafka(bootstrap))
                .option("topic", OUT)
                .option(
                        "checkpointLocation",
                        directory.resolve("checkpoint-topic").toString())
                .trigger(Trigger.ProcessingTime(300))
                .start();
        upper(spark, bootstrap)
                .select("value")
                .writeStream()
                .format("text")
                .option("path", files)
                .option(
                        "checkpointLocation",
                        directory.resolve("checkpoint-files").toString())
                .trigger(Trigger.ProcessingTime(300))
                .start();
        spark.streams().awaitAnyTermination();
    }

    private static Dataset<Row> upper(SparkSession spark, String bootstrap) {
        return spark.readStream()
                .format("kafka")
                .options(kafka(bootstrap))
                .option("subscribe", IN)
                .option("startingOffsets", "earliest")
                .option("maxOffsetsPerTrigger", "500")
                .load()
                .selectExpr("CAST(key AS STRING) AS key", "upper(CAST(value AS STRING)) AS value");
    }

    private static void write(Dataset<String> lines, Path target) throws Exception {
        Files.write(target, lines.collectAsList());
    }
}
