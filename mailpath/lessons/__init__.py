"""Lessons: they ask before they show, and the engine knows the answers.

Who watches a demonstration understands it no better than who never saw it; who has to predict it first does.
So a lesson has its learner predict what a sender does, then walks, asks why, and has the world edited until a
goal is reached.

* `grammar`, `edits`: the lesson file.  It holds questions, wrong choices and goals, but no answer.
* `worlds`: a scenario of the lab and edits to it.  `path`: which world each step of a lesson stands in.
* `judging`: builds a world in the lab, walks and judges it; so answers are found, and goals.  `passing`: what
  senders meet while somebody edits.  `confined` keeps every walk on this machine.
* `checking`, `leaks`: whether a lesson is true, fair and finished.
* `library`: what ships, `courses/*.toml`; and twenty misconceptions with their truths.
* `session`: a learner on the way, as a value; `words`: how options read; `editor`: the scenario as text;
  `memory`: what is kept.
* For a class: `sheets` on paper, `quiz` before and after, `hands` raised, `answers` and the page on them;
  `pages` writes Markdown and HTML.
"""
