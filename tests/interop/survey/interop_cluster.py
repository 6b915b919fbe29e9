"""A Ray cluster on this machine: a head without a CPU, and nodes with one each.

python interop_cluster.py NODES        prints the head's address; a line on standard input kills a node;
                                       ends with standard input
"""

from __future__ import annotations

import sys

from ray.cluster_utils import Cluster

_NODE = {"node_ip_address": "127.0.0.1", "object_store_memory": 80 * 1024 * 1024, "include_dashboard": False}


def main(nodes: int) -> None:
    cluster = Cluster(initialize_head=True, head_node_args={**_NODE, "num_cpus": 0})
    try:
        there = [cluster.add_node(**_NODE, num_cpus=1) for _ in range(nodes)]
        print(cluster.address, flush=True)
        for _ in sys.stdin:
            cluster.remove_node(there.pop(), allow_graceful=False)
            print("killed", flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]))
