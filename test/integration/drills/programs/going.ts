// What matters to a stack that goes: an operator and an object that only it lets go, a release with volumes, and what is kept.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { kubernetesProvider } from "../../../../components/cluster";
import { release } from "../../../../components/release";

const config = new pulumi.Config("drill");
const stack = pulumi.getStack();
const provider = kubernetesProvider("cluster", {});
const has = (part: string) => (config.get("with") ?? "").split(" ").includes(part);

/** Component whose contents are shared with other stacks: its type says so. */
class Plane extends pulumi.ComponentResource {
    constructor(name: string) {
        super("data-platform:cluster:ClusterPlane", name, {}, { provider });
        this.registerOutputs({});
    }
}
const opts = has("plane") ? { provider, parent: new Plane("plane") } : { provider };

const space = (name: string, own: pulumi.CustomResourceOptions = {}) =>
    new k8s.core.v1.Namespace(
        name,
        { metadata: { name: `${stack}-${name}`, labels: { "data-platform.io/stack": stack } } },
        { ...opts, ...own },
    );
const jobs = space("jobs");

const operator = has("operator")
    ? [
          new k8s.apps.v1.Deployment(
              "operator",
              {
                  metadata: { name: "operator", namespace: jobs.metadata.name },
                  spec: {
                      selector: { matchLabels: { "strimzi.io/name": "kafka-entity-operator" } },
                      template: {
                          metadata: { labels: { "strimzi.io/name": "kafka-entity-operator" } },
                          spec: {
                              terminationGracePeriodSeconds: 0,
                              securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
                              containers: [
                                  {
                                      ...{ name: "operator", image: "operator:1" },
                                      securityContext: {
                                          allowPrivilegeEscalation: false,
                                          capabilities: { drop: ["ALL"] },
                                      },
                                  },
                              ],
                          },
                      },
                  },
              },
              opts,
          ),
      ]
    : [];
if (has("topic")) {
    new k8s.apiextensions.CustomResource(
        "topic",
        {
            apiVersion: "kafka.strimzi.io/v1",
            kind: "KafkaTopic",
            metadata: {
                name: "flights",
                namespace: jobs.metadata.name,
                labels: { "strimzi.io/cluster": "kafka" },
                finalizers: [config.get("finalizer") ?? "strimzi.io/topic-operator"],
            },
            spec: { partitions: 1, replicas: 1 },
        },
        { ...opts, dependsOn: has("no-order") ? [] : operator },
    );
}
if (has("release")) {
    release(
        "store",
        { chart: "./test/integration/fixtures/charts/tiny", namespace: jobs.metadata.name, values: {}, timeout: 60 },
        opts,
    );
}
if (has("kept")) {
    const kept = space("storage", { retainOnDelete: true, protect: has("protected") });
    new k8s.core.v1.PersistentVolumeClaim(
        "data",
        {
            metadata: {
                name: "data",
                namespace: kept.metadata.name,
                annotations: { "pulumi.com/skipAwait": "true" },
            },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
        },
        { ...opts, retainOnDelete: true },
    );
    new k8s.rbac.v1.ClusterRole(
        "role",
        { metadata: { name: `${stack}-kept` }, rules: [] },
        { ...opts, retainOnDelete: true },
    );
}
