-- That somebody lets the application of a route learn who they are: asked once for each owner of it.
CREATE TABLE consents (
    account TEXT NOT NULL,
    route   TEXT NOT NULL,                            -- the tunnel's name, or external:NAME
    owner   TEXT NOT NULL,                            -- of the route, at that time
    host    TEXT NOT NULL,                            -- where it was asked for, for people
    given   TEXT NOT NULL,
    PRIMARY KEY (account, route)
);

CREATE INDEX consents_by_owner ON consents (owner);
