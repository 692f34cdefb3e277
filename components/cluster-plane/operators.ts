import * as pulumi from "@pulumi/pulumi";

import { ClusterPlane } from "../contracts";
import { cloudNativePgOperator } from "../operators/cloudnative-pg";
import { kedaOperator } from "../operators/keda";
import { strimziOperator } from "../operators/strimzi";

type Operators = ClusterPlane["operators"];

/** The operators as handles. Their pods are the same, whichever stack has installed them: this one is told what it has. */
export function operatorRefs(installed: { [Key in keyof Operators]?: { ready: pulumi.Resource } } = {}): Operators {
    const ready = (key: keyof Operators) => (installed[key] ? [installed[key].ready] : []);
    return {
        spark: { ready: ready("spark") },
        strimzi: { peer: strimziOperator, ready: ready("strimzi") },
        cloudNativePg: { peer: cloudNativePgOperator, ready: ready("cloudNativePg") },
        keda: { peer: kedaOperator, ready: ready("keda") },
    };
}
