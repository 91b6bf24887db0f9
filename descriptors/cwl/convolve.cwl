{
  "cwlVersion": "v1.2",
  "class": "CommandLineTool",
  "label": "Convolve (Small Kernel)",
  "doc": "Convolve with a small kernel: sum, mean or Laplace of the neighbours, or your own.",
  "hints": {
    "SoftwareRequirement": {
      "packages": {
        "fiji-bridge": {
          "version": [
            "0.1.0"
          ]
        }
      }
    }
  },
  "baseCommand": [
    "fiji-bridge",
    "convolve"
  ],
  "inputs": {
    "image": {
      "type": "File",
      "inputBinding": {
        "position": 1
      },
      "doc": "The image to read."
    },
    "kernel": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--kernel"
      },
      "doc": "Sum, mean, laplace, physical-laplace, or rows such as '0 1 0; 1 -4 1; 0 1 0' (planes end with '|').",
      "default": "mean"
    },
    "along": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--along"
      },
      "doc": "Axes of the kernel, such as yx; default: all for a preset, the last ones otherwise."
    },
    "per": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--per"
      },
      "doc": "Length unit that the derivative is taken per (um, mm, pixel …); default: the unit of the voxel size."
    },
    "border": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "mirror-single",
            "mirror-double",
            "nearest",
            "constant",
            "periodic"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--border"
      },
      "doc": "What lies beyond the edge.",
      "default": "mirror-double"
    },
    "cval": {
      "type": [
        "null",
        "double"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--cval"
      },
      "doc": "Value beyond the edge, for the border 'constant'.",
      "default": 0.0
    },
    "dtype": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "float",
            "float32",
            "float64"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--dtype"
      },
      "doc": "Sample type of the result (float: float32, float64 for float64 and 32-bit integers).",
      "default": "float"
    },
    "nan": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "refuse",
            "propagate"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--nan"
      },
      "doc": "Samples that are NaN or infinite: refuse them, or let them propagate; they cannot be ignored where the result is no mean: a gaussian that ignores them fills the holes.",
      "default": "refuse"
    },
    "voxel_size": {
      "type": [
        "null",
        "string"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--voxel-size"
      },
      "doc": "Voxel size, instead of the file's: '2 0.45 0.45 um'."
    },
    "engine": {
      "type": [
        "null",
        {
          "type": "enum",
          "symbols": [
            "gauss3",
            "fused",
            "scipy"
          ]
        }
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--engine"
      },
      "doc": "Which engine computes."
    },
    "threads": {
      "type": [
        "null",
        "int"
      ],
      "inputBinding": {
        "position": 3,
        "prefix": "--threads"
      },
      "doc": "By default all processors."
    },
    "output_name": {
      "type": "string",
      "default": "convolve",
      "inputBinding": {
        "position": 2,
        "valueFrom": "$(self).tif"
      },
      "doc": "Name of the result, without its ending .tif."
    }
  },
  "outputs": {
    "result": {
      "type": "File",
      "outputBinding": {
        "glob": "$(inputs.output_name).tif"
      }
    }
  }
}
