import assert from "node:assert/strict";
import { join } from "node:path";

import { Specs } from "../../components/kafka/strimzi-types";
import { Collected, collect } from "./collect";

export type Kind = keyof Specs;
export interface Made<K extends Kind> {
    apiVersion: string;
    kind: K;
    metadata: {
        name: string;
        namespace: string;
        labels: Record<string, string>;
        annotations: Record<string, string>;
    };
    spec: Specs[K];
}

/** The objects that fixtures/strimzi.ts makes: Kafka as production has it in the stream's namespace, the small one in that of jobs. */
export class StrimziObjects {
    private constructor(readonly made: Collected) {}

    static async collect(): Promise<StrimziObjects> {
        const config = { "data-platform:profile": "dev", "data-platform:images": '{"registry":"registry.test/x"}' };
        return new StrimziObjects(await collect({ program: join(__dirname, "../unit/fixtures/strimzi.ts"), config }));
    }

    requests(kind: Kind, namespace = "sandbox-streaming") {
        return this.made.requests.filter(({ inputs, custom }) => {
            const { metadata } = inputs as { metadata?: { namespace?: string } };
            return custom && inputs.kind === kind && metadata?.namespace === namespace;
        });
    }

    all<K extends Kind>(kind: K, namespace?: string): Made<K>[] {
        return this.requests(kind, namespace).map(({ inputs }) => inputs as unknown as Made<K>);
    }

    one<K extends Kind>(kind: K, name: string, namespace?: string): Made<K> {
        const found = this.all(kind, namespace).filter(({ metadata }) => metadata.name === name);
        assert.equal(found.length, 1, `${kind} ${name}`);
        return found[0];
    }

    everything(): Made<Kind>[] {
        return (["Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"] as const).flatMap((kind) =>
            ["sandbox-streaming", "sandbox-jobs"].flatMap((namespace) => this.all<Kind>(kind, namespace)),
        );
    }
}
