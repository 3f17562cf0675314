#ifndef DISTML_CEDIT_SHIM_H
#define DISTML_CEDIT_SHIM_H

/* libedit's own interface; its functions with variable arguments cannot be called from Swift. */

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <stdio.h>

typedef char *(*cedit_prompt)(EditLine *);
typedef unsigned char (*cedit_command)(EditLine *, int);

/* An editor on standard input and output with emacs keys; NULL where there is none to be had. */
static inline EditLine *cedit_open(const char *program, void *owner) {
    EditLine *editor = el_init(program, stdin, stdout, stderr);
    if (editor == NULL) return NULL;
    el_set(editor, EL_CLIENTDATA, owner);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_SIGNAL, 1);
    /* Ctrl-C arrives as a key, so that it can end the line and not the program. */
    el_set(editor, EL_SETTY, "-d", "-isig", NULL);
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    return editor;
}

static inline void *cedit_owner(EditLine *editor) {
    void *owner = NULL;
    el_get(editor, EL_CLIENTDATA, &owner);
    return owner;
}

/* `escape` brackets what takes no room on the screen. */
static inline void cedit_set_prompt(EditLine *editor, cedit_prompt prompt, char escape) {
    el_set(editor, EL_PROMPT_ESC, prompt, escape);
}

static inline void cedit_bind(EditLine *editor, const char *name, const char *help,
                              const char *key, cedit_command command) {
    el_set(editor, EL_ADDFN, name, help, command);
    el_set(editor, EL_BIND, key, name, NULL);
}

static inline void cedit_use_history(EditLine *editor, History *list) {
    el_set(editor, EL_HIST, history, list);
}

static inline void cedit_history_limit(History *list, int count) {
    HistEvent event;
    history(list, &event, H_SETSIZE, count);
    history(list, &event, H_SETUNIQUE, 1);
}

static inline int cedit_history_load(History *list, const char *path) {
    HistEvent event;
    return history(list, &event, H_LOAD, path);
}

static inline int cedit_history_save(History *list, const char *path) {
    HistEvent event;
    return history(list, &event, H_SAVE, path);
}

static inline int cedit_history_enter(History *list, const char *line) {
    HistEvent event;
    return history(list, &event, H_ENTER, line);
}

#endif
