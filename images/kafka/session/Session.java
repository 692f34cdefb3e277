package dataplatform;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs any number of Kafka's own command-line tools in one JVM, one after the other: the start of a JVM and the reading of classes
 * is most of what a call costs. How it is asked is in bin/kafka-session.sh.
 */
public final class Session {
    private static final Map<String, String> TOOLS = Map.of(
            "kafka-acls.sh", "org.apache.kafka.tools.AclCommand",
            "kafka-configs.sh", "kafka.admin.ConfigCommand",
            "kafka-metadata-quorum.sh", "org.apache.kafka.tools.MetadataQuorumCommand",
            "kafka-reassign-partitions.sh", "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
            "kafka-topics.sh", "org.apache.kafka.tools.TopicCommand");

    /** Thrown where a tool would end the process. */
    private static final class Ended extends Error {
        private static final long serialVersionUID = 1;

        Ended() {
            super(null, null, false, false);
        }
    }

    /** Leads to one stream after another. Scala and log4j keep the stream that they find at first. */
    private static final class Switch extends OutputStream {
        private OutputStream to = OutputStream.nullOutputStream();

        synchronized void to(OutputStream next) {
            to = next;
        }

        @Override
        public synchronized void write(int one) throws IOException {
            to.write(one);
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int length) throws IOException {
            to.write(bytes, from, length);
        }
    }

    private static final Switch output = new Switch();
    private static final Switch errors = new Switch();

    /** The status that the tool at work has ended with; none while it works. */
    private static Integer status;

    public static void main(String[] args) throws IOException {
        PrintStream answers = System.out;
        System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
        Exit.setExitProcedure(Session::end);
        Exit.setHaltProcedure(Session::end);
        InputStream requests = new BufferedInputStream(System.in);
        for (String[] words = request(requests); words != null; words = request(requests)) {
            try (OutputStream out = new FileOutputStream(words[0]);
                    OutputStream err = new FileOutputStream(words[1])) {
                output.to(out);
                errors.to(err);
                run(words[2], Arrays.copyOfRange(words, 3, words.length));
            } finally {
                mute();
            }
            answers.println(status);
            answers.flush();
        }
    }

    private static void run(String tool, String[] args) {
        status = null;
        String name = TOOLS.get(tool);
        if (name == null) {
            System.err.println("there is no tool " + tool + " here, only " + TOOLS.keySet());
            status = 2;
            return;
        }
        try {
            Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) args);
            if (status == null) status = 0;
        } catch (ReflectiveOperationException failure) {
            if (status != null) return;
            failure.printStackTrace();
            status = 1;
        }
    }

    /** Where a tool would end. Some tools catch what is thrown here, tell of it and end again: the first word counts. */
    private static void end(int wanted, String message) {
        if (status == null) status = wanted;
        mute();
        throw new Ended();
    }

    private static void mute() {
        System.out.flush();
        System.err.flush();
        output.to(OutputStream.nullOutputStream());
        errors.to(OutputStream.nullOutputStream());
    }

    /** Reads the next request; null at the end of the input. */
    private static String[] request(InputStream from) throws IOException {
        String count = word(from);
        if (count == null) return null;
        String[] words = new String[Integer.parseInt(count)];
        for (int i = 0; i < words.length; i++) {
            words[i] = word(from);
            if (words[i] == null) return null;
        }
        return words;
    }

    private static String word(InputStream from) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int next = from.read(); next != 0; next = from.read()) {
            if (next < 0) return null;
            bytes.write(next);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private Session() {}
}
