using System.Globalization;

namespace Adit.Runner.Yaml;

/// <summary>A file is not what it should be; the message begins with <c>FILE:LINE:</c>.</summary>
public sealed class YamlFileException(string file, long line, string problem)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"{file}:{line}: {problem}"));
