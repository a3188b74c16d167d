# The matplotlib half of the corpus of test_visual.c; see visual_corpus.gp.
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import math
import random

random.seed(7)
NAMES = ["California", "Pennsylvania", "Massachusetts", "North Carolina",
         "Washington", "West Virginia", "Connecticut", "New Hampshire",
         "Mississippi", "South Dakota", "Minnesota", "Tennessee"]
XS = [i / 20 for i in range(200)]
SIZES = [(6.4, 4.8), (10, 6), (12.8, 8)]


def chart(size, title="Two waves over time"):
    plt.rcdefaults()
    fig, ax = plt.subplots(figsize=size)
    ax.set_title(title)
    ax.set_xlabel("time (s)")
    ax.set_ylabel("height")
    return fig, ax


def save(fig, name, size):
    fig.savefig(f"{name}-mpl{int(size[0] * 100)}.png")
    plt.close(fig)


for size in SIZES:
    fig, ax = chart(size)
    ax.plot(XS, [math.sin(x) for x in XS], label="sine")
    ax.plot(XS, [math.cos(x) for x in XS], label="cosine")
    ax.legend()
    save(fig, "good-line", size)

    fig, ax = chart(size)
    ax.grid(True)
    ax.scatter([random.gauss(0, 1) for _ in XS],
               [random.gauss(0, 1) for _ in XS])
    save(fig, "good-scatter", size)

    fig, ax = chart(size)
    ax.hist([random.gauss(0, 1) for _ in range(2000)], bins=30, color="grey")
    save(fig, "good-grey-histogram", size)

    fig, ax = chart(size)
    ax.bar(NAMES[:5], [3, 5, 2, 6, 4])
    ax.set_xticks(range(5), ["a", "b", "c", "d", "e"])
    save(fig, "good-bars", size)

    fig, ax = chart(size)
    ax.bar(NAMES, range(1, 13))
    plt.setp(ax.get_xticklabels(), rotation=45, ha="right")
    fig.tight_layout()
    save(fig, "good-slanted", size)

    fig, ax = chart(size)
    ax.barh(NAMES, range(1, 13))
    fig.tight_layout()
    save(fig, "good-lying", size)

    fig, ax = chart(size)
    shown = ax.imshow([[math.sin(x / 3) * math.cos(y / 4) for x in range(30)]
                       for y in range(20)], aspect="auto")
    fig.colorbar(shown)
    save(fig, "good-heat", size)

    fig, axes = plt.subplots(2, 2, figsize=size)
    for i, ax in enumerate(axes.flat):
        ax.plot(XS, [math.sin(x + i) for x in XS])
        ax.set_title(f"panel {i}")
    fig.tight_layout()
    save(fig, "good-panels", size)

    with plt.style.context("ggplot"):
        fig, ax = plt.subplots(figsize=size)
        ax.plot(XS, [math.sin(x) for x in XS])
        ax.set_title("A grey plot area")
        save(fig, "good-ggplot", size)

    with plt.style.context("dark_background"):
        fig, ax = plt.subplots(figsize=size)
        ax.plot(XS, [math.sin(x) for x in XS])
        ax.set_title("On black")
        save(fig, "good-dark", size)

    fig, ax = chart(size)
    ax.bar(NAMES, range(1, 13))
    save(fig, "overlap-names", size)

    fig, ax = chart(size)
    ax.plot(XS, [math.sin(x) for x in XS])
    ax.set_xticks([i / 10 for i in range(100)])
    save(fig, "overlap-numbers", size)

    plt.rcdefaults()
    with plt.rc_context({"font.size": 4, "axes.titlesize": 4}):
        fig, ax = plt.subplots(figsize=size)
        ax.plot(XS, [math.sin(x) for x in XS])
        ax.set_title("Two waves over time")
        ax.set_xlabel("time (s)")
        save(fig, "text_size-line", size)

    fig, ax = chart(size)
    save(fig, "blank-axes", size)

    fig, ax = chart(size)
    ax.grid(True)
    save(fig, "blank-grid", size)

    fig, ax = chart(size, "A title that is far too long " * 12)
    ax.plot(XS, [math.sin(x) for x in XS])
    save(fig, "clipped-title", size)

    fig, ax = chart(size)
    ax.bar(NAMES, range(1, 13))
    plt.setp(ax.get_xticklabels(), rotation=90)
    fig.subplots_adjust(bottom=0.06)
    ax.set_xlabel("")
    save(fig, "clipped-labels", size)

    fig, ax = chart(size)
    pale = "#c8c8c8"
    ax.plot(XS, [math.sin(x) for x in XS], color=pale)
    ax.tick_params(colors=pale)
    for part in (ax.title, ax.xaxis.label, ax.yaxis.label):
        part.set_color(pale)
    save(fig, "contrast-all", size)

    fig, ax = chart(size)
    ax.plot(XS, [math.sin(x) for x in XS], color="#F0E442")
    save(fig, "contrast-data", size)
