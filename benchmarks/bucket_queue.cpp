// Shortest paths with a bucket queue (Dial 1969), as plain as C++ allows: one thread, whole numbers, rows of arcs.
//
// A bucket holds the nodes whose distances agree but for their last `shift` bits. A node that is improved while its bucket is being
// emptied goes into the same bucket again, and what an old entry says is recognised and skipped. The buckets
// are used in a ring; `buckets` is a power of two and more than the longest arc spans.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

const int32_t NEVER = INT32_MAX;

struct Arc {
    int32_t to;
    int32_t length;
};

struct Entry {
    int32_t node;
    int32_t far;
};

struct Queue {
    std::vector<std::vector<Entry>> ring;
    int32_t shift;
    int64_t waiting = 0;

    Queue(int32_t buckets, int32_t shift) : ring(buckets), shift(shift) {}

    void push(int32_t node, int32_t far) {
        ring[(far >> shift) & (ring.size() - 1)].push_back({node, far});
        ++waiting;
    }
};

// Walks on from what is in the queue until nothing within `limit` is left; `origin` may be null.
void walk(const int32_t* first, const Arc* arcs, Queue& queue, int32_t limit, int32_t* far, int32_t* origin,
          std::vector<int32_t>* touched) {
    for (std::size_t now = 0; queue.waiting > 0; now = (now + 1) & (queue.ring.size() - 1)) {
        std::vector<Entry>& bucket = queue.ring[now];
        while (!bucket.empty()) {
            const Entry entry = bucket.back();
            bucket.pop_back();
            --queue.waiting;
            if (entry.far != far[entry.node]) continue;
            for (int32_t at = first[entry.node]; at < first[entry.node + 1]; ++at) {
                const Arc arc = arcs[at];
                if (arc.length > limit - entry.far) continue;
                const int32_t there = entry.far + arc.length;
                if (there >= far[arc.to]) continue;
                if (touched && far[arc.to] == NEVER) touched->push_back(arc.to);
                far[arc.to] = there;
                if (origin) origin[arc.to] = origin[entry.node];
                queue.push(arc.to, there);
            }
        }
    }
}

}  // namespace

// All nodes within `limit` of each source, one source after the other. Returns how many pairs were found, or -1
// where they exceed `room`.
extern "C" int64_t search_each(int32_t n_nodes, const int32_t* first, const Arc* arcs, int32_t n_sources,
                               const int32_t* sources, int32_t limit, int32_t shift, int32_t buckets, int64_t room,
                               int64_t* count, int32_t* node, int32_t* far_of_node) {
    std::vector<int32_t> far(n_nodes, NEVER);
    std::vector<int32_t> touched;
    Queue queue(buckets, shift);
    int64_t found = 0;
    for (int32_t i = 0; i < n_sources; ++i) {
        touched.assign(1, sources[i]);
        far[sources[i]] = 0;
        queue.push(sources[i], 0);
        walk(first, arcs, queue, limit, far.data(), nullptr, &touched);
        if (found + static_cast<int64_t>(touched.size()) > room) return -1;
        for (const int32_t reached : touched) {
            node[found] = reached;
            far_of_node[found++] = far[reached];
            far[reached] = NEVER;
        }
        count[i] = static_cast<int64_t>(touched.size());
    }
    return found;
}

// The distance of every node to its nearest source, and which one; far is NEVER and origin -1 where there is none.
extern "C" void nearest(int32_t n_nodes, const int32_t* first, const Arc* arcs, int32_t n_sources,
                        const int32_t* sources, int32_t shift, int32_t buckets, int32_t* far, int32_t* origin) {
    for (int32_t node = 0; node < n_nodes; ++node) {
        far[node] = NEVER;
        origin[node] = -1;
    }
    Queue queue(buckets, shift);
    for (int32_t i = 0; i < n_sources; ++i) {
        if (far[sources[i]] == 0) continue;
        far[sources[i]] = 0;
        origin[sources[i]] = i;
        queue.push(sources[i], 0);
    }
    walk(first, arcs, queue, NEVER, far, origin, nullptr);
}
