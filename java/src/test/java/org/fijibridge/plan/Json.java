package org.fijibridge.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Just enough of a JSON reader for the shared vectors: maps, lists, strings, doubles. */
public final class Json {

    private final String text;
    private int at;

    private Json(final String text) {
        this.text = text;
    }

    /** The value in a text: Map, List, String, Double, Boolean or null. */
    public static Object read(final String text) {
        return new Json(text).value();
    }

    private Object value() {
        switch (peek()) {
            case '{':
                return map();
            case '[':
                return list();
            case '"':
                return string();
            default:
                return word();
        }
    }

    private char peek() {
        while (Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return text.charAt(at);
    }

    private void expect(final char wanted) {
        if (peek() != wanted) {
            throw new IllegalStateException(wanted + " expected at " + at);
        }
        at++;
    }

    private boolean more(final char end) {
        if (peek() == ',') {
            at++;
            return true;
        }
        expect(end);
        return false;
    }

    private Map<String, Object> map() {
        final Map<String, Object> map = new LinkedHashMap<>();
        expect('{');
        if (peek() == '}') {
            at++;
            return map;
        }
        do {
            peek();
            final String key = string();
            expect(':');
            map.put(key, value());
        } while (more('}'));
        return map;
    }

    private List<Object> list() {
        final List<Object> list = new ArrayList<>();
        expect('[');
        if (peek() == ']') {
            at++;
            return list;
        }
        do {
            list.add(value());
        } while (more(']'));
        return list;
    }

    private String string() {
        expect('"');
        final StringBuilder found = new StringBuilder();
        for (char c; (c = text.charAt(at++)) != '"'; ) {
            if (c != '\\') {
                found.append(c);
                continue;
            }
            c = text.charAt(at++);
            if (c == 'u') {
                found.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                at += 4;
            } else {
                found.append("nrtbf".indexOf(c) < 0 ? c : "\n\r\t\b\f".charAt("nrtbf".indexOf(c)));
            }
        }
        return found.toString();
    }

    private Object word() {
        final int start = at;
        while (at < text.length() && ",]} \n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        final String word = text.substring(start, at);
        switch (word) {
            case "null":
                return null;
            case "true":
                return true;
            case "false":
                return false;
            default:
                return Double.valueOf(word);
        }
    }
}
